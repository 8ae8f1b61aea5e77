package dev.earshot.tools.demoworld;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** One clip of a split: its name, its scene, and the frames, masks and sound that the layouts store. */
final class DemoClip {
    private final String name;
    private final Split split;
    private final Scene scene;
    private final SceneRenderer renderer;

    DemoClip(String name, Split split, Scene scene) {
        this.name = name;
        this.split = split;
        this.scene = scene;
        this.renderer = new SceneRenderer(scene);
    }

    String name() {
        return name;
    }

    Split split() {
        return split;
    }

    Scene scene() {
        return scene;
    }

    int seconds() {
        return scene.seconds();
    }

    int size() {
        return scene.size();
    }

    /** The frame that stands for a second, taken where AVSBench takes it. */
    SceneRenderer.Frame frameOfSecond(int second) {
        return renderer.frame(second + Clips.FRAME_INSTANT);
    }

    /** A frame of the video. */
    byte[] videoFrame(int index) {
        return renderer.frame((double) index / Clips.FRAME_RATE).rgb();
    }

    int videoFrames() {
        return scene.seconds() * Clips.FRAME_RATE;
    }

    float[] wave() {
        return new SoundSynthesizer(scene).all();
    }

    /** [size, size]: 255 where an object that is heard in the second is visible, else 0. */
    byte[] soundingMask(SceneRenderer.Frame frame, int second) {
        byte[] mask = new byte[frame.labels().length];
        for (int i = 0; i < mask.length; i++) {
            int label = frame.labels()[i];
            mask[i] = label > 0 && scene.objects().get(label - 1).soundsIn(second) ? (byte) 255 : 0;
        }
        return mask;
    }

    /** [size, size]: class number + 1 where an object that is heard in the second is visible, else 0. */
    byte[] soundingClasses(SceneRenderer.Frame frame, int second) {
        byte[] classes = new byte[frame.labels().length];
        for (int i = 0; i < classes.length; i++) {
            int label = frame.labels()[i];
            if (label > 0 && scene.objects().get(label - 1).soundsIn(second)) {
                classes[i] = (byte) (scene.objects().get(label - 1).kind().ordinal() + 1);
            }
        }
        return classes;
    }

    /** Category of the object that sounds first; for S4 scenes the only one. */
    String category() {
        return IntStream.range(0, seconds())
                .boxed()
                .flatMap(s -> scene.objects().stream().filter(o -> o.soundsIn(s)))
                .findFirst()
                .map(o -> o.kind().label())
                .orElse("none");
    }

    /** One line per second: clip, second, heard classes, visible classes (joined by +). */
    List<String> truthRows() {
        String seen = scene.objects().stream().map(o -> o.kind().label()).collect(Collectors.joining("+"));
        return IntStream.range(0, seconds())
                .mapToObj(s -> {
                    String heard = scene.objects().stream()
                            .filter(o -> o.soundsIn(s))
                            .map(o -> o.kind().label())
                            .collect(Collectors.joining("+"));
                    return name + "," + s + "," + heard + "," + seen;
                })
                .toList();
    }
}
