package dev.earshot.tools.demoworld;

import dev.earshot.tensor.SplitMix64;
import dev.earshot.tools.demoworld.Scene.Background;
import dev.earshot.tools.demoworld.Scene.Look;
import dev.earshot.tools.demoworld.Scene.SceneObject;

/**
 * Paints the frames of one scene. The background is static, as before a fixed camera, and is painted once. Not for use
 * by several threads at a time.
 */
final class SceneRenderer {
    private static final double PIXEL_NOISE = 0.02;

    private final Scene scene;
    private final int size;
    private final float[] background; // [size, size, 3]
    private final float[] canvas; // [size, size, 3]

    SceneRenderer(Scene scene) {
        this.scene = scene;
        size = scene.size();
        background = paintBackground(scene.background());
        canvas = new float[background.length];
    }

    /**
     * One frame.
     *
     * @param rgb [size, size, 3] bytes, row-major
     * @param labels [size, size]: 0 = background, i + 1 = object i is the visible one at the pixel's centre
     */
    record Frame(byte[] rgb, byte[] labels) {}

    /** Paints the frame at {@code seconds} from the start; pixel noise depends on the time in steps of 1/1024 s. */
    Frame frame(double seconds) {
        System.arraycopy(background, 0, canvas, 0, canvas.length);
        byte[] labels = new byte[size * size];
        for (int i = 0; i < scene.objects().size(); i++) {
            paint(scene.objects().get(i), (byte) (i + 1), seconds, labels);
        }
        return new Frame(develop(Math.round(seconds * 1024)), labels);
    }

    private float[] paintBackground(Background ground) {
        float[] pixels = new float[size * size * 3];
        for (int y = 0, p = 0; y < size; y++) {
            for (int x = 0; x < size; x++, p += 3) {
                double u = (x + 0.5) / size;
                double v = (y + 0.5) / size;
                double sum = 0;
                for (Scene.Wave wave : ground.waves()) {
                    sum += wave.at(u, v);
                }
                double mix = 0.5 + sum / 6;
                double add = ground.stripes() == 0
                        ? 0
                        : ground.stripes() * ground.stripe().at(u, v);
                pixels[p] = (float) (add
                        + ground.one().r()
                        + mix * (ground.two().r() - ground.one().r()));
                pixels[p + 1] = (float) (add
                        + ground.one().g()
                        + mix * (ground.two().g() - ground.one().g()));
                pixels[p + 2] = (float) (add
                        + ground.one().b()
                        + mix * (ground.two().b() - ground.one().b()));
            }
        }
        return pixels;
    }

    private void paint(SceneObject object, byte label, double t, byte[] labels) {
        Look look = object.look();
        double cx = object.motion().x(t);
        double cy = object.motion().y(t);
        double cos = StrictMath.cos(object.motion().angle(t));
        double sin = StrictMath.sin(object.motion().angle(t));
        double reach = look.radius() * 1.4 + 2; // no shape reaches further than 1.4 units
        int x0 = Math.max(0, (int) Math.floor(cx - reach));
        int x1 = Math.min(size - 1, (int) Math.ceil(cx + reach));
        int y0 = Math.max(0, (int) Math.floor(cy - reach));
        int y1 = Math.min(size - 1, (int) Math.ceil(cy + reach));
        for (int y = y0; y <= y1; y++) {
            for (int x = x0; x <= x1; x++) {
                double dx = x + 0.5 - cx;
                double dy = y + 0.5 - cy;
                double u = (dx * cos + dy * sin) / look.aspect(); // pixels, in the object's own frame
                double v = (-dx * sin + dy * cos) * look.aspect();
                double distance = object.kind().signedDistance(u / look.radius(), v / look.radius()) * look.radius();
                if (distance < 0.5) {
                    shade(object, u, v, Math.min(1, 0.5 - distance), y * size + x);
                    if (distance < 0) {
                        labels[y * size + x] = label;
                    }
                }
            }
        }
    }

    private void shade(SceneObject object, double u, double v, double cover, int pixel) {
        Look look = object.look();
        double pattern = object.kind().texture(u / look.period(), v / look.period(), look.phase());
        double mix = 0.5 + 0.5 * Math.clamp(pattern, -1, 1);
        double light = 1 + (look.shadeX() * u + look.shadeY() * v) / look.radius();
        Scene.Rgb a = look.dark();
        Scene.Rgb b = look.light();
        blend(3 * pixel, light * (a.r() + mix * (b.r() - a.r())), cover);
        blend(3 * pixel + 1, light * (a.g() + mix * (b.g() - a.g())), cover);
        blend(3 * pixel + 2, light * (a.b() + mix * (b.b() - a.b())), cover);
    }

    private void blend(int at, double value, double cover) {
        canvas[at] += (float) (cover * (value - canvas[at]));
    }

    private byte[] develop(long tick) {
        byte[] rgb = new byte[canvas.length];
        long key = SplitMix64.mix(scene.noiseKey() + tick);
        for (int i = 0; i < rgb.length; i++) {
            double value = scene.gain() * canvas[i] + PIXEL_NOISE * 1.7 * WorldRandom.signedHash(key, i);
            rgb[i] = (byte) Math.clamp(Math.round(255 * value), 0, 255);
        }
        return rgb;
    }
}
