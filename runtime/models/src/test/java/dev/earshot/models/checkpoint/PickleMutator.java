package dev.earshot.models.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Cuts pickles into opcodes with their arguments, and changes, moves and mixes those. */
final class PickleMutator {
    private static final long[] INTEGERS = {
        0,
        1,
        2,
        3,
        -1,
        255,
        256,
        65_535,
        65_536,
        1L << 20,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        1L << 32,
        1L << 40,
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    private static final String[] TEXTS = {
        "",
        "0",
        "1",
        "storage",
        "module",
        "cpu",
        "model",
        "state_dict",
        "teacher",
        "module.a",
        "backbone.a",
        "head.a",
        "w",
        "__metadata__",
        "../data.pkl",
        "data.pkl",
        "a\nb",
        "\u00e4\ud83d\ude00"
    };

    private static final String[] GLOBALS = {
        "os\nsystem",
        "torch\nFloatStorage",
        "torch\nBoolStorage",
        "torch\nLongStorage",
        "torch\nComplexFloatStorage",
        "torch.storage\nUntypedStorage",
        "torch._utils\n_rebuild_tensor_v2",
        "torch._utils\n_rebuild_tensor",
        "torch._utils\n_rebuild_parameter",
        "torch._tensor\n_rebuild_from_type_v2",
        "collections\nOrderedDict",
        "collections\ndefaultdict",
        "argparse\nNamespace",
        "__builtin__\nset",
        "torch\nSize",
        "my.code\nThing"
    };

    /** Opcodes without argument, some of them unknown to the reader. */
    private static final String BARE = "(}])tNaesuQRb.\u0085\u0086\u0087\u0088\u0089\u0081012\u0093\u008f\u0094";

    private PickleMutator() {}

    /** The opcodes of a pickle that torch.save wrote, each with its argument. */
    static List<byte[]> split(byte[] pickle) {
        List<byte[]> opcodes = new ArrayList<>();
        int at = 0;
        while (at < pickle.length) {
            int length = length(pickle, at);
            opcodes.add(Arrays.copyOfRange(pickle, at, at + length));
            at += length;
        }
        return opcodes;
    }

    private static int length(byte[] pickle, int at) {
        return switch (pickle[at] & 0xff) {
            case 0x80, 'K', 'q', 'h' -> 2;
            case 'M' -> 3;
            case 'J', 'r', 'j' -> 5;
            case 'G' -> 9;
            case 0x8a, 'U' -> 2 + (pickle[at + 1] & 0xff);
            case 'X' -> 5 + ZipBuilder.buffer(4).put(pickle, at + 1, 4).getInt(0);
            case 'c' -> lineEnd(pickle, lineEnd(pickle, at)) - at;
            default -> 1;
        };
    }

    private static int lineEnd(byte[] pickle, int at) {
        int end = at;
        while (pickle[end] != '\n') {
            end++;
        }
        return end + 1;
    }

    /** A pickle with one to four changes; {@code donor} gives opcodes to mix in. */
    static byte[] mutate(Random random, List<byte[]> pickle, List<byte[]> donor) {
        List<byte[]> opcodes = new ArrayList<>(pickle);
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && opcodes.size() > 2; i++) {
            // The protocol at index 0 is left in most mutants, or nothing behind it would ever be read.
            int first = random.nextInt(50) == 0 ? 0 : 1;
            int at = first + random.nextInt(opcodes.size() - first);
            int other = first + random.nextInt(opcodes.size() - first);
            switch (random.nextInt(8)) {
                case 0 -> opcodes.remove(at);
                case 1 -> opcodes.add(at, opcodes.get(other));
                case 2 -> opcodes.set(at, opcodes.set(other, opcodes.get(at)));
                case 3 -> opcodes.set(at, random(random));
                case 4 -> opcodes.add(at, random(random));
                case 5 -> opcodes.addAll(at, cut(random, donor));
                case 6 -> opcodes.addAll(at, cut(random, opcodes));
                default -> opcodes.set(at, similar(random, opcodes.get(at)));
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        opcodes.forEach(out::writeBytes);
        return out.toByteArray();
    }

    private static List<byte[]> cut(Random random, List<byte[]> donor) {
        int from = random.nextInt(donor.size());
        return List.copyOf(donor.subList(from, Math.min(donor.size(), from + 1 + random.nextInt(24))));
    }

    /** The same opcode with another argument where it has one. */
    private static byte[] similar(Random random, byte[] opcode) {
        return switch (opcode[0] & 0xff) {
            case 'K', 'M', 'J', 0x8a -> integer(random);
            case 'X', 'U' -> text(random);
            case 'c' -> global(random);
            case 'q', 'h' -> new byte[] {opcode[0], (byte) random.nextInt(64)};
            case '(', ')', ']', '}', 't', 'a', 'e', 's', 'u' ->
                new byte[] {(byte) BARE.charAt(random.nextInt(BARE.length()))};
            default -> opcode;
        };
    }

    private static byte[] random(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> integer(random);
            case 1 -> text(random);
            case 2 -> global(random);
            case 3 -> new byte[] {(byte) (random.nextBoolean() ? 'q' : 'h'), (byte) random.nextInt(64)};
            case 4 -> new byte[] {(byte) random.nextInt(256)};
            default -> new byte[] {(byte) BARE.charAt(random.nextInt(BARE.length()))};
        };
    }

    private static byte[] integer(Random random) {
        return new PickleBuilder()
                .integer(random.nextBoolean() ? INTEGERS[random.nextInt(INTEGERS.length)] : random.nextInt(16))
                .toBytes();
    }

    private static byte[] text(Random random) {
        return new PickleBuilder().text(TEXTS[random.nextInt(TEXTS.length)]).toBytes();
    }

    private static byte[] global(Random random) {
        return ("c" + GLOBALS[random.nextInt(GLOBALS.length)] + "\n").getBytes(StandardCharsets.ISO_8859_1);
    }
}
