package dev.earshot.segmentation.support;

import static org.junit.jupiter.api.Assertions.fail;

import dev.earshot.segmentation.MediaException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Feeds damaged copies of good files to a parser. Each mutant must be accepted or refused with a
 * {@link MediaException}; anything else fails with the seed and number that make the mutant again.
 *
 * <p>The long run: {@code -Dearshot.fuzz.mutants=5000000}.
 */
public final class MutationFuzzer {
    private static final int[] INTERESTING = {0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff};

    private final List<byte[]> seeds;
    private final Consumer<byte[]> target;
    private final Consumer<byte[]> repair;

    /**
     * A fuzzer.
     *
     * @param seeds good files
     * @param target reads one file
     * @param repair mends checksums in place, so that every second mutant gets past them
     */
    public MutationFuzzer(List<byte[]> seeds, Consumer<byte[]> target, Consumer<byte[]> repair) {
        this.seeds = seeds;
        this.target = target;
        this.repair = repair;
    }

    /** How many were read and how many refused. */
    public record Outcome(int accepted, int refused) {}

    /** Tries {@code count} mutants, or as many as the system property says. */
    public Outcome run(int count, long seed) {
        int mutants = Integer.getInteger("earshot.fuzz.mutants", count);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int accepted = 0;
        for (int i = 0; i < mutants; i++) {
            byte[] mutant = mutate(seeds.get(random.nextInt(seeds.size())), random);
            if (random.nextBoolean()) {
                repair.accept(mutant);
            }
            accepted += accepts(mutant, seed, i) ? 1 : 0;
        }
        return new Outcome(accepted, mutants - accepted);
    }

    private boolean accepts(byte[] mutant, long seed, int number) {
        try {
            target.accept(mutant);
            return true;
        } catch (MediaException e) {
            return false;
        } catch (RuntimeException | Error e) {
            String head = HexFormat.of().formatHex(mutant, 0, Math.min(64, mutant.length));
            return fail("seed " + seed + ", mutant " + number + ", " + mutant.length + " bytes, begins " + head, e);
        }
    }

    private static byte[] mutate(byte[] original, RandomGenerator random) {
        byte[] bytes = original.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && bytes.length > 0; i++) {
            int at = random.nextBoolean()
                    ? random.nextInt(Math.min(128, bytes.length)) // headers
                    : random.nextInt(bytes.length);
            bytes = change(bytes, at, random);
        }
        return bytes;
    }

    private static byte[] change(byte[] bytes, int at, RandomGenerator random) {
        int length = Math.min(bytes.length - at, 1 + random.nextInt(16));
        switch (random.nextInt(7)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt(256);
            case 2, 3 -> put(bytes, at, INTERESTING[random.nextInt(INTERESTING.length)], random);
            case 4 -> bytes = Arrays.copyOf(bytes, at);
            case 5 -> { // cut a piece out
                byte[] shorter = new byte[bytes.length - length];
                System.arraycopy(bytes, 0, shorter, 0, at);
                System.arraycopy(bytes, at + length, shorter, at, shorter.length - at);
                bytes = shorter;
            }
            default -> { // say a piece twice
                byte[] longer = new byte[bytes.length + length];
                System.arraycopy(bytes, 0, longer, 0, at + length);
                System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
                bytes = longer;
            }
        }
        return bytes;
    }

    private static void put(byte[] bytes, int at, int value, RandomGenerator random) {
        boolean bigEndian = random.nextBoolean();
        int width = random.nextBoolean() ? 4 : 2;
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >> 8 * (bigEndian ? width - 1 - i : i));
        }
    }
}
