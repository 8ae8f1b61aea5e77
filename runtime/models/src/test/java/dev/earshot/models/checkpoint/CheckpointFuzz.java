package dev.earshot.models.checkpoint;

import dev.earshot.tensor.weights.WeightEntry;
import dev.earshot.tensor.weights.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Mutates PyTorch checkpoints: mostly opcodes of the pickle inside a correct container, else fields of the container, else
 * raw bytes. Each mutant has a random generator of its own, made of the run's seed and the mutant's number, so that one
 * failure is repeated alone. Accepted files must give each tensor in its announced size; all others must end in
 * {@link WeightsException}. {@code main(mutants, seed, first)} is the long run behind {@code tools/fuzz}, in a small heap.
 */
final class CheckpointFuzz {
    private static final List<String> ZIP_SEEDS = List.of(
            "zip_tied",
            "zip_views",
            "zip_types",
            "parameter",
            "namespace",
            "extras",
            "dino_teacher_ddp",
            "refused_whole_module");
    private static final List<String> LEGACY_SEEDS = List.of("legacy_tied", "legacy_views", "legacy_types");
    private static final int PROGRESS_MUTANTS = 100_000;

    private final List<ZipSeed> zips = new ArrayList<>();
    private final List<LegacySeed> legacies = new ArrayList<>();
    private final List<List<byte[]>> pickles = new ArrayList<>();
    private long accepted;
    private long refused;
    private long slowestNanos;

    /** A zip checkpoint taken apart. */
    private record ZipSeed(List<byte[]> pickle, Map<String, byte[]> others) {}

    /** A legacy checkpoint taken apart: what precedes the object, the object, and the rest. */
    private record LegacySeed(byte[] head, List<byte[]> pickle, byte[] tail, byte[] file) {}

    CheckpointFuzz() throws IOException {
        for (String name : ZIP_SEEDS) {
            zips.add(zipSeed(TestCheckpoints.bytes(name + ".pth")));
        }
        for (String name : LEGACY_SEEDS) {
            legacies.add(legacySeed(TestCheckpoints.bytes(name + ".pth")));
        }
        zips.forEach(seed -> pickles.add(seed.pickle()));
        legacies.forEach(seed -> pickles.add(seed.pickle()));
    }

    private static ZipSeed zipSeed(byte[] file) {
        ZipDirectory directory = ZipDirectory.read(ByteSource.of("seed", file));
        byte[] pickle = {};
        Map<String, byte[]> others = new LinkedHashMap<>();
        for (ZipEntry entry : directory.entries().values()) {
            byte[] data = directory.readChecked(entry, 1 << 20);
            String name = "top" + entry.name().substring(entry.name().indexOf('/'));
            if (name.equals("top/data.pkl")) {
                pickle = data;
            } else {
                others.put(name, data);
            }
        }
        return new ZipSeed(PickleMutator.split(pickle), others);
    }

    private static LegacySeed legacySeed(byte[] file) {
        int object = end(file, end(file, end(file, 0)));
        int tail = end(file, object);
        return new LegacySeed(
                Arrays.copyOf(file, object),
                PickleMutator.split(Arrays.copyOfRange(file, object, tail)),
                Arrays.copyOfRange(file, tail, file.length),
                file);
    }

    /** The end of the pickle that begins at {@code start}. */
    private static int end(byte[] file, int start) {
        PickleInput in = new PickleInput(ByteSource.of("seed", file), start, file.length);
        Unpickler.read("seed", in, PickleValue.Storage::new);
        return (int) in.position();
    }

    /** The mutant made of {@code random}. */
    byte[] mutate(Random random) {
        int kind = random.nextInt(20);
        if (kind < 9) {
            ZipSeed seed = zips.get(random.nextInt(zips.size()));
            return zip(seed, PickleMutator.mutate(random, seed.pickle(), donor(random)))
                    .toBytes();
        }
        if (kind < 14) {
            LegacySeed seed = legacies.get(random.nextInt(legacies.size()));
            byte[] pickle = PickleMutator.mutate(random, seed.pickle(), donor(random));
            return new PickleBuilder()
                    .bytes(seed.head())
                    .bytes(pickle)
                    .bytes(seed.tail())
                    .toBytes();
        }
        if (kind < 18) {
            return mutateContainer(random);
        }
        return mutateBytes(
                random,
                random.nextBoolean()
                        ? legacies.get(random.nextInt(legacies.size())).file()
                        : zip(zips.get(random.nextInt(zips.size()))).toBytes());
    }

    private List<byte[]> donor(Random random) {
        return pickles.get(random.nextInt(pickles.size()));
    }

    private static ZipBuilder zip(ZipSeed seed) {
        PickleBuilder pickle = new PickleBuilder();
        seed.pickle().forEach(pickle::bytes);
        return zip(seed, pickle.toBytes());
    }

    private static ZipBuilder zip(ZipSeed seed, byte[] pickle) {
        ZipBuilder zip = new ZipBuilder().add("top/data.pkl", pickle);
        seed.others().forEach(zip::add);
        return zip;
    }

    private byte[] mutateContainer(Random random) {
        ZipSeed seed = zips.get(random.nextInt(zips.size()));
        ZipBuilder zip = zip(seed);
        int changes = 1 + random.nextInt(2);
        for (int i = 0; i < changes; i++) {
            if (random.nextInt(3) == 0) {
                changeArchive(random, zip);
            } else {
                zip.change(random.nextInt(seed.others().size() + 1), entry -> changeEntry(random, entry));
            }
        }
        return zip.toBytes();
    }

    private static void changeArchive(Random random, ZipBuilder zip) {
        switch (random.nextInt(9)) {
            case 0 -> zip.before = bytes(random);
            case 1 -> zip.beforeDirectory = bytes(random);
            case 2 -> zip.after = bytes(random);
            case 3 -> zip.comment = bytes(random);
            case 4 -> zip.countChange = random.nextInt(5) - 2;
            case 5 -> zip.directoryOffsetChange = random.nextInt(200) - 100;
            case 6 -> zip.zip64 = false;
            case 7 -> zip.zip64CountChange = random.nextLong();
            default -> zip.add(random.nextBoolean() ? "top/data/0" : "top/extra", bytes(random));
        }
    }

    private static void changeEntry(Random random, ZipBuilder.Entry entry) {
        switch (random.nextInt(16)) {
            case 0 -> entry.name = bytes(random);
            case 1 -> entry.localName = bytes(random);
            case 2 -> {
                entry.name = bytes(random);
                entry.localName = entry.name;
            }
            case 3 -> entry.flags ^= 1 << random.nextInt(16);
            case 4 -> entry.localFlags = entry.flags;
            case 5 -> entry.method = random.nextInt(14);
            case 6 -> entry.localMethod = entry.method;
            case 7 -> entry.crc ^= 1 << random.nextInt(32);
            case 8 -> entry.packed = size(random, entry.packed);
            case 9 -> entry.size = size(random, entry.size);
            case 10 -> entry.localSize = size(random, entry.localSize);
            case 11 -> entry.extra = bytes(random);
            case 12 -> entry.localExtra = bytes(random);
            case 13 -> entry.descriptor = bytes(random);
            case 14 -> entry.data = bytes(random);
            default -> entry.offset = random.nextInt(4_000);
        }
    }

    private static long size(Random random, long size) {
        return random.nextInt(3) == 0 ? 0xffff_ffffL : Math.max(0, size + random.nextInt(65) - 32);
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(28)];
        random.nextBytes(bytes);
        if (bytes.length >= 4 && random.nextBoolean()) {
            // An extra block of zip64, or the beginning of one.
            bytes[0] = 1;
            bytes[1] = 0;
            bytes[2] = (byte) (bytes.length - 4);
            bytes[3] = 0;
        }
        return bytes;
    }

    private static byte[] mutateBytes(Random random, byte[] file) {
        byte[] copy = file.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && copy.length > 0; i++) {
            int at = random.nextInt(copy.length);
            switch (random.nextInt(6)) {
                case 0 -> copy = Arrays.copyOf(copy, at);
                case 1 -> copy[at] = (byte) random.nextInt(256);
                case 2 -> copy[at] = (byte) (random.nextBoolean() ? 0xff : 0);
                case 3 -> {
                    int length = Math.min(random.nextInt(64), copy.length - at);
                    System.arraycopy(copy, random.nextInt(copy.length - length + 1), copy, at, length);
                }
                default -> copy[at] ^= (byte) (1 << random.nextInt(8));
            }
        }
        return copy;
    }

    /** Runs the mutants {@code first} to {@code end - 1}; returns this. */
    CheckpointFuzz run(long seed, long first, long end, Consumer<String> progress) {
        for (long mutant = first; mutant < end; mutant++) {
            byte[] file = mutate(new Random(seed * 1_000_003 + mutant));
            long start = System.nanoTime();
            try {
                parse(file);
                accepted++;
            } catch (WeightsException e) {
                refused++;
            } catch (Throwable e) {
                throw new AssertionError(
                        "checkpoint fuzz, seed %d, mutant %d: expected WeightsException, got %s"
                                .formatted(seed, mutant, e),
                        e);
            }
            slowestNanos = Math.max(slowestNanos, System.nanoTime() - start);
            if ((mutant + 1) % PROGRESS_MUTANTS == 0) {
                progress.accept(toString());
            }
        }
        return this;
    }

    private static void parse(byte[] file) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.parse("mutant.pth", file)) {
            for (WeightEntry entry : checkpoint.entries().values()) {
                Sink sink = new Sink();
                checkpoint.writeTo(entry.name(), sink);
                if (sink.bytes != entry.bytes()) {
                    throw new AssertionError(entry + ": got " + sink.bytes + " bytes");
                }
            }
        }
    }

    long accepted() {
        return accepted;
    }

    long refused() {
        return refused;
    }

    @Override
    public String toString() {
        return "checkpoint fuzz: %,d mutants, %,d accepted, %,d refused; slowest %.1f ms"
                .formatted(accepted + refused, accepted, refused, slowestNanos / 1e6);
    }

    /** Counts bytes. */
    private static final class Sink implements WritableByteChannel {
        private long bytes;

        @Override
        public int write(ByteBuffer buffer) {
            int count = buffer.remaining();
            buffer.position(buffer.limit());
            bytes += count;
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    /** {@code [mutants [seed [first]]]}: runs them and prints a line per 100,000. */
    public static void main(String[] arguments) throws IOException {
        long mutants = arguments.length > 0 ? Long.parseLong(arguments[0]) : 1_000_000;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        long first = arguments.length > 2 ? Long.parseLong(arguments[2]) : 0;
        System.out.println(new CheckpointFuzz().run(seed, first, first + mutants, System.out::println));
    }
}
