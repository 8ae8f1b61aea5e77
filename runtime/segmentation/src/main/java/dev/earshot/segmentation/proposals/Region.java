package dev.earshot.segmentation.proposals;

/** A region of a picture: one of a partition, or two smaller ones joined; filled by {@link RegionTree}. */
final class Region {
    final int number;
    final float[] histogram; // colours, sums to 1
    int area;
    int parent = -1;
    int sibling = -1;
    int first = -1; // the parts; -1 in a region of the partition
    int second = -1;
    private int left = Integer.MAX_VALUE;
    private int top = Integer.MAX_VALUE;
    private int right = -1;
    private int bottom = -1;

    Region(int number, int bins) {
        this.number = number;
        this.histogram = new float[bins];
    }

    /** Joins two regions and tells them. */
    static Region of(int number, Region a, Region b) {
        Region both = new Region(number, a.histogram.length);
        both.area = a.area + b.area;
        both.left = Math.min(a.left, b.left);
        both.top = Math.min(a.top, b.top);
        both.right = Math.max(a.right, b.right);
        both.bottom = Math.max(a.bottom, b.bottom);
        for (int k = 0; k < both.histogram.length; k++) {
            both.histogram[k] = (a.area * a.histogram[k] + b.area * b.histogram[k]) / both.area;
        }
        both.first = a.number;
        both.second = b.number;
        a.parent = number;
        b.parent = number;
        a.sibling = b.number;
        b.sibling = a.number;
        return both;
    }

    /** Counts a pixel. */
    void add(int x, int y) {
        area++;
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
    }

    /** Pixels of the smallest box round both. */
    int boxWith(Region other) {
        return (Math.max(right, other.right) - Math.min(left, other.left) + 1)
                * (Math.max(bottom, other.bottom) - Math.min(top, other.top) + 1);
    }

    /** Histogram intersection: 1 for the same colours, 0 for none in common. */
    double colourOverlap(Region other) {
        double overlap = 0;
        for (int k = 0; k < histogram.length; k++) {
            overlap += Math.min(histogram[k], other.histogram[k]);
        }
        return overlap;
    }
}
