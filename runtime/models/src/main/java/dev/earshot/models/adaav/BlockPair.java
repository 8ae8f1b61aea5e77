package dev.earshot.models.adaav;

/**
 * One adapter's place.
 *
 * @param imageBlock image block v it sits in, 0-based
 * @param audioBlock audio block a it reads, 0-based
 */
public record BlockPair(int imageBlock, int audioBlock) {
    /** Checks that neither is negative. */
    public BlockPair {
        if (imageBlock < 0 || audioBlock < 0) {
            throw new IllegalArgumentException(
                    "adapter place: expected block numbers from 0, got %d and %d".formatted(imageBlock, audioBlock));
        }
    }

    /** For example {@code 26:6}. */
    @Override
    public String toString() {
        return imageBlock + ":" + audioBlock;
    }
}
