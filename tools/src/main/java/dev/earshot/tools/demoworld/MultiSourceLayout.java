package dev.earshot.tools.demoworld;

import java.nio.file.Path;
import java.util.List;

/** AVSBench-object, multi source (MS3): frames without a split folder and with {@code .mp4} in their names. */
record MultiSourceLayout() implements ClipLayout {
    @Override
    public int subset() {
        return 1;
    }

    @Override
    public Scene scene(SceneMaker maker, int index, WorldRandom random) {
        return maker.make(SceneKind.MS3, 5, random);
    }

    @Override
    public String root() {
        return "Multi-sources";
    }

    @Override
    public void write(Path root, DemoClip clip, int index, VideoEncoder video) {
        Path data = root.resolve("ms3_data");
        String split = clip.split().folder();
        for (int s = 0; s < clip.seconds(); s++) {
            SceneRenderer.Frame frame = clip.frameOfSecond(s);
            ClipFiles.writeRgb(
                    data.resolve(Path.of("visual_frames", clip.name(), clip.name() + ".mp4_" + (s + 1) + ".png")),
                    frame.rgb(),
                    clip.size());
            ClipFiles.writeGrey(
                    data.resolve(Path.of("gt_masks", split, clip.name(), clip.name() + "_" + (s + 1) + ".png")),
                    clip.soundingMask(frame, s),
                    clip.size());
        }
        ClipFiles.writeWav(data.resolve(Path.of("audio_wav", split, clip.name() + ".wav")), clip.wave());
        if (video != null) {
            video.encode(clip, data.resolve(Path.of("raw_videos", split, clip.name() + ".mp4")));
        }
    }

    @Override
    public void writeTables(Path root, List<DemoClip> clips) {
        ClipTable.merge(
                root.resolve("ms3_meta_data.csv"),
                "name,split",
                clips.stream().map(c -> c.name() + "," + c.split().folder()).toList());
    }
}
