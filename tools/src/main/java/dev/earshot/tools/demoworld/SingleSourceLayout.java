package dev.earshot.tools.demoworld;

import java.nio.file.Path;
import java.util.List;

/** AVSBench-object, single source (S4): folders by split and category; training clips have the first mask only. */
record SingleSourceLayout() implements ClipLayout {
    @Override
    public int subset() {
        return 0;
    }

    @Override
    public Scene scene(SceneMaker maker, int index, WorldRandom random) {
        return maker.make(SceneKind.S4, 5, random);
    }

    @Override
    public String root() {
        return "Single-source";
    }

    @Override
    public void write(Path root, DemoClip clip, int index, VideoEncoder video) {
        Path data = root.resolve("s4_data");
        Path inner = Path.of(clip.split().folder(), clip.category());
        for (int s = 0; s < clip.seconds(); s++) {
            SceneRenderer.Frame frame = clip.frameOfSecond(s);
            Path name = inner.resolve(clip.name()).resolve(clip.name() + "_" + (s + 1) + ".png");
            ClipFiles.writeRgb(data.resolve("visual_frames").resolve(name), frame.rgb(), clip.size());
            if (s == 0 || clip.split() != Split.TRAIN) {
                ClipFiles.writeGrey(data.resolve("gt_masks").resolve(name), clip.soundingMask(frame, s), clip.size());
            }
        }
        ClipFiles.writeWav(data.resolve("audio_wav").resolve(inner).resolve(clip.name() + ".wav"), clip.wave());
        if (video != null) {
            video.encode(clip, data.resolve("raw_videos").resolve(inner).resolve(clip.name() + ".mp4"));
        }
    }

    @Override
    public void writeTables(Path root, List<DemoClip> clips) {
        ClipTable.merge(
                root.resolve("s4_meta_data.csv"),
                "name,start,category,split",
                clips.stream()
                        .map(c -> c.name() + ",0," + c.category() + ","
                                + c.split().folder())
                        .toList());
    }
}
