package dev.earshot.tensor.weights;

/**
 * What a reader takes from one file before it refuses; our own bounds, far inside the format's.
 *
 * @param headerBytes largest header; the format's own limit is 100,000,000
 * @param tensors most tensors
 * @param nameChars longest tensor name
 */
public record SafetensorsLimits(int headerBytes, int tensors, int nameChars) {
    /** Highest header size the format knows. */
    public static final int FORMAT_HEADER_BYTES = 100_000_000;

    /** 16 MB of header, 100,000 tensors, names of 1,024 characters. */
    public static final SafetensorsLimits DEFAULT = new SafetensorsLimits(16 << 20, 100_000, 1_024);

    /** Checks the bounds of the bounds. */
    public SafetensorsLimits {
        if (headerBytes < 2 || headerBytes > FORMAT_HEADER_BYTES || tensors < 1 || nameChars < 1) {
            throw new IllegalArgumentException(
                    "safetensors limits: expected 2 <= headerBytes <= %d, tensors and nameChars >= 1, got %d, %d, %d"
                            .formatted(FORMAT_HEADER_BYTES, headerBytes, tensors, nameChars));
        }
    }
}
