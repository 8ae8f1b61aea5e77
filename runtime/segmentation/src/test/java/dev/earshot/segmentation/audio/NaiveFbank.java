package dev.earshot.segmentation.audio;

import dev.earshot.segmentation.audio.FbankOptions.Energy;

/** The filter bank by its formulas: doubles, one frame at a time, a Fourier sum of N times M steps. */
final class NaiveFbank {
    private NaiveFbank() {}

    static float[] apply(FbankOptions o, float[] x) {
        int n = o.frameLength();
        int h = o.frameShift();
        int frames = o.snipEdges() ? (x.length < n ? 0 : 1 + (x.length - n) / h) : (x.length + h / 2) / h;
        float[] out = new float[frames * o.columns()];
        for (int f = 0; f < frames; f++) {
            double[] frame = new double[n];
            for (int j = 0; j < n; j++) {
                frame[j] = x[o.snipEdges() ? f * h + j : mirrored(f * h + j - (n / 2 - h / 2), x.length)];
            }
            double[] row = row(o, frame);
            for (int c = 0; c < row.length; c++) {
                out[f * row.length + c] = (float) row[c];
            }
        }
        if (o.subtractMean()) {
            for (int c = 0; c < o.columns(); c++) {
                double mean = 0;
                for (int f = 0; f < frames; f++) {
                    mean += out[f * o.columns() + c] / frames;
                }
                for (int f = 0; f < frames; f++) {
                    out[f * o.columns() + c] -= (float) mean;
                }
            }
        }
        return out;
    }

    private static int mirrored(int t, int n) {
        int period = Math.floorMod(t, 2 * n);
        return period < n ? period : 2 * n - 1 - period;
    }

    private static double[] row(FbankOptions o, double[] x) {
        int n = x.length;
        double mean = 0;
        for (double v : x) {
            mean += o.removeDc() ? v / n : 0;
        }
        double[] y = new double[n];
        double rawEnergy = 0;
        double energy = 0;
        for (int j = 0; j < n; j++) {
            double v = x[j] - mean;
            double before = (j == 0 ? x[0] : x[j - 1]) - mean;
            y[j] = (v - o.preemphasis() * before) * o.window().at(j, n);
            rawEnergy += v * v;
            energy += y[j] * y[j];
        }
        double[] mel = mel(o, y);
        if (o.energy().place() == Energy.Place.NONE) {
            return mel;
        }
        double e = Math.log(Math.max(o.energy().raw() ? rawEnergy : energy, 1.1920928955078125e-7));
        e = o.energy().floor() > 0 ? Math.max(e, Math.log(o.energy().floor())) : e;
        double[] row = new double[mel.length + 1];
        boolean first = o.energy().place() == Energy.Place.FIRST;
        System.arraycopy(mel, 0, row, first ? 1 : 0, mel.length);
        row[first ? 0 : mel.length] = e;
        return row;
    }

    private static double[] mel(FbankOptions o, double[] y) {
        int m = 1;
        while (m < y.length) {
            m *= 2;
        }
        double low = 1127 * Math.log(1 + o.lowHz() / 700);
        double delta = (1127 * Math.log(1 + o.upperHz() / 700) - low) / (o.melBins() + 1);
        double[] sums = new double[o.melBins()];
        for (int k = 0; k < m / 2; k++) {
            double re = 0;
            double im = 0;
            for (int j = 0; j < y.length; j++) {
                double angle = -2 * Math.PI * ((long) k * j % m) / m;
                re += y[j] * Math.cos(angle);
                im += y[j] * Math.sin(angle);
            }
            double s = re * re + im * im;
            double q = 1127 * Math.log(1 + (double) k * o.sampleRateHz() / m / 700);
            for (int b = 0; b < sums.length; b++) {
                double left = low + b * delta;
                double weight = Math.min((q - left) / delta, (left + 2 * delta - q) / delta);
                sums[b] += Math.max(0, weight) * (o.power() ? s : Math.sqrt(s));
            }
        }
        for (int b = 0; b < sums.length && o.log(); b++) {
            sums[b] = Math.log(Math.max(sums[b], 1.1920928955078125e-7));
        }
        return sums;
    }
}
