package dev.earshot.tools.demoworld;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tools.demoworld.Scene.SceneObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SceneTest {
    private static final long PICTURE_CRC = 0xd38aee69L;
    private static final long SOUND_CRC = 0x4e0fa5b5L;
    private static final SceneMaker MAKER = new SceneMaker(224);

    private static Scene scene(SceneKind kind, int index) {
        return MAKER.make(kind, 5, new ClipSeed(Split.TEST, kind.ordinal(), 0, index).random());
    }

    @Test
    void splitMixYieldsThePublishedNumbers() {
        WorldRandom random = new WorldRandom(0);
        assertEquals(0xe220a8397b1dcdafL, random.next());
        assertEquals(0x6e789e6aa1b965f4L, random.next());
        assertEquals(0x06c45d188009454fL, random.next());
        assertEquals(0.7415648787718233, new WorldRandom(42).unit());
    }

    @Test
    void sameSeedMakesTheSameBytes() {
        Scene one = scene(SceneKind.S4, 3);
        Scene two = scene(SceneKind.S4, 3);
        assertEquals(one, two);
        assertArrayEquals(
                new SceneRenderer(one).frame(1.9375).rgb(),
                new SceneRenderer(two).frame(1.9375).rgb());
        assertArrayEquals(new SoundSynthesizer(one).all(), new SoundSynthesizer(two).all());
    }

    /** Recorded once: any change of it breaks shipped weights and published figures, on this or another machine. */
    @Test
    void theWorldStaysWhatTheWeightsWereTrainedOn() {
        Scene scene = scene(SceneKind.MS3, 1);
        CRC32 picture = new CRC32();
        picture.update(new SceneRenderer(scene).frame(2 + Clips.FRAME_INSTANT).rgb());
        CRC32 sound = new CRC32();
        sound.update(ClipFiles.pcm16(new SoundSynthesizer(scene).all()));
        assertEquals(
                "%08x %08x".formatted(PICTURE_CRC, SOUND_CRC),
                "%08x %08x".formatted(picture.getValue(), sound.getValue()));
    }

    @Test
    void splitsShareNoClipWhateverTheSeeds() {
        Set<Long> seen = new HashSet<>();
        long[] seeds = {0, 1, 17, 0xFFFFFFFFL};
        for (Split split : Split.values()) {
            for (long seed : seeds) {
                for (int subset = 0; subset < 4; subset++) {
                    for (int index : new int[] {0, 1, 2, 1000, (1 << 28) - 1}) {
                        ClipSeed clip = new ClipSeed(split, subset, seed, index);
                        assertTrue(seen.add(clip.packed()), clip::toString);
                        assertEquals(split.ordinal(), (int) (clip.packed() >>> 62));
                    }
                }
            }
        }
    }

    @Test
    void clipNumbersOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new ClipSeed(Split.TRAIN, 4, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new ClipSeed(Split.TRAIN, 0, 0, 1 << 28));
    }

    @Test
    void objectsOfASceneAreOfDifferentFamilies() {
        for (int i = 0; i < 50; i++) {
            for (SceneKind kind : SceneKind.values()) {
                List<SceneObject> objects = scene(kind, i).objects();
                assertEquals(
                        objects.size(),
                        objects.stream().map(SceneObject::kind).distinct().count());
                assertTrue(objects.size() == 2 || objects.size() == 3);
            }
        }
    }

    @Test
    void oneObjectSoundsThroughoutInSingleSourceScenes() {
        for (int i = 0; i < 50; i++) {
            Scene scene = scene(SceneKind.S4, i);
            assertEquals(1, scene.objects().stream().filter(o -> o.soundsIn(0)).count());
            for (SceneObject object : scene.objects()) {
                assertEquals(1, object.heard().stream().distinct().count());
            }
        }
    }

    @Test
    void severalObjectsSoundInTurnAndOneSecondIsSilent() {
        boolean together = false;
        for (int i = 0; i < 50; i++) {
            Scene scene = scene(SceneKind.MS3, i);
            int silent = 0;
            for (int s = 0; s < 5; s++) {
                silent += scene.sounds(s) ? 0 : 1;
                int second = s;
                together |=
                        scene.objects().stream().filter(o -> o.soundsIn(second)).count() == 2;
            }
            assertEquals(1, silent);
        }
        assertTrue(together);
    }

    @Test
    void soundIsHeardExactlyInTheSecondsOfTheScene() {
        for (int i = 0; i < 10; i++) {
            Scene scene = scene(SceneKind.MS3, i);
            float[] wave = new SoundSynthesizer(scene).all();
            for (int s = 0; s < 5; s++) {
                double sum = 0;
                for (int k = 0; k < 16_000; k++) {
                    double x = wave[s * 16_000 + k];
                    sum += x * x;
                }
                double dbfs = 10 * Math.log10(sum / 16_000);
                if (scene.sounds(s)) {
                    assertTrue(dbfs > -32 && dbfs < -8, "second " + s + " at " + dbfs);
                } else {
                    assertTrue(dbfs < -62, "silent second " + s + " at " + dbfs);
                }
            }
        }
    }

    @Test
    void labelsAreTheObjectsOnTopAtEveryPixel() {
        Scene scene = scene(SceneKind.S4, 7);
        double t = 2 + Clips.FRAME_INSTANT;
        byte[] labels = new SceneRenderer(scene).frame(t).labels();
        for (int y = 0; y < 224; y += 3) {
            for (int x = 0; x < 224; x += 3) {
                int expected = 0;
                for (int o = 0; o < scene.objects().size(); o++) {
                    expected = covers(scene.objects().get(o), x + 0.5, y + 0.5, t) ? o + 1 : expected;
                }
                assertEquals(expected, labels[y * 224 + x], "pixel " + x + ", " + y);
            }
        }
    }

    /** The same geometry the other way round: the outline is found by walking from the centre, not by bounding boxes. */
    private static boolean covers(SceneObject object, double x, double y, double t) {
        double angle = object.motion().angle(t);
        double dx = x - object.motion().x(t);
        double dy = y - object.motion().y(t);
        double u = (dx * StrictMath.cos(angle) + dy * StrictMath.sin(angle))
                / object.look().aspect();
        double v = (dy * StrictMath.cos(angle) - dx * StrictMath.sin(angle))
                * object.look().aspect();
        double r = object.look().radius();
        return object.kind().signedDistance(u / r, v / r) < 0;
    }

    @ParameterizedTest
    @EnumSource(ObjectClass.class)
    void shapesHaveAboutTheSameArea(ObjectClass kind) {
        int inside = 0;
        int steps = 400;
        for (int i = 0; i < steps; i++) {
            for (int j = 0; j < steps; j++) {
                double x = -1.6 + 3.2 * (i + 0.5) / steps;
                double y = -1.6 + 3.2 * (j + 0.5) / steps;
                boolean in = kind.signedDistance(x, y) < 0;
                inside += in ? 1 : 0;
                assertFalse(in && Math.hypot(x, y) > 1.4, "reaches beyond what the renderer visits");
            }
        }
        assertEquals(2.0, inside * 3.2 * 3.2 / (steps * steps), 0.2);
    }

    @ParameterizedTest
    @EnumSource(ObjectClass.class)
    void everyObjectMovesAllTheTime(ObjectClass kind) {
        WorldRandom random = new WorldRandom(kind.ordinal());
        for (int i = 0; i < 20; i++) {
            for (SceneObject object : MAKER.make(SceneKind.S4, 5, random).objects()) {
                for (double t = 0; t < 5; t += 0.25) {
                    double dx = object.motion().x(t + 0.25) - object.motion().x(t);
                    double dy = object.motion().y(t + 0.25) - object.motion().y(t);
                    assertTrue(Math.hypot(dx, dy) > 1.5, "moves " + Math.hypot(dx, dy) + " pixels in a quarter second");
                }
            }
        }
    }
}
