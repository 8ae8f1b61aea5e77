package dev.earshot.tools.demoworld;

/**
 * Where something moves, from pixels alone: the smaller of the differences between a frame and its two neighbours in
 * time. The minimum removes the ghosts that a single difference leaves where an object has been or will be.
 */
final class MotionMap {
    /** Seconds between the three frames: three frames of a 16 fps video. */
    static final double STEP = 3.0 / 16;

    private MotionMap() {}

    /**
     * Mean absolute difference per cell.
     *
     * @param before [size, size, 3]
     * @param now [size, size, 3]
     * @param after [size, size, 3]
     * @param size frame side, a multiple of cells
     * @param cells side of the map
     * @return [cells, cells], grey levels summed over the channels, at most 255
     */
    static byte[] of(byte[] before, byte[] now, byte[] after, int size, int cells) {
        if (size % cells != 0) {
            throw new IllegalArgumentException(
                    "motion map: expected a frame side that is a multiple of " + cells + ", got " + size);
        }
        int cell = size / cells;
        int[] sums = new int[cells * cells];
        for (int y = 0, p = 0; y < size; y++) {
            for (int x = 0; x < size; x++, p += 3) {
                int back = 0;
                int forth = 0;
                for (int c = p; c < p + 3; c++) {
                    back += Math.abs((now[c] & 0xFF) - (before[c] & 0xFF));
                    forth += Math.abs((now[c] & 0xFF) - (after[c] & 0xFF));
                }
                sums[y / cell * cells + x / cell] += Math.min(back, forth);
            }
        }
        byte[] map = new byte[sums.length];
        for (int i = 0; i < sums.length; i++) {
            map[i] = (byte) Math.min(255, sums[i] / (cell * cell));
        }
        return map;
    }
}
