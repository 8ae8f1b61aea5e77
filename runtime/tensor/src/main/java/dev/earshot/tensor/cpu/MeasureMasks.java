package dev.earshot.tensor.cpu;

import dev.earshot.tensor.MaskResize;

/** See {@link dev.earshot.tensor.Backend#measureMasks}. A worker measures one mask after another. */
record MeasureMasks(View logits, MaskResize resize, float threshold, float offset, View out) implements Op {
    private static final int MEASURES = 7;

    @Override
    public void bind(Binder binder) {
        MaskGeometry geometry = MaskGeometry.of(logits.dim(1), logits.dim(2), resize);
        float loose = threshold - offset;
        float strict = threshold + offset;
        long masks = logits.dim(0);
        long each = logits.dim(1) * logits.dim(2);
        RowSharing.add(binder, "measureMasks " + logits, masks, masks * geometry.work(), worker -> {
            MaskScan scan = new MaskScan(geometry, loose, threshold, strict);
            MaskMeasures measures = new MaskMeasures(geometry, loose, threshold, strict);
            return mask -> {
                measures.clear();
                scan.scan(logits.at(mask * each), measures);
                measures.store(out.at(mask * MEASURES));
            };
        });
    }
}
