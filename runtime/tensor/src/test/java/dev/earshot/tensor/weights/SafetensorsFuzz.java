package dev.earshot.tensor.weights;

import dev.earshot.tensor.HostTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Mutates safetensors files and shard indices: tokens of the JSON, sizes of header and data, raw bytes.
 *
 * <p>{@code main(mutants, seed, first)} is the long run behind {@code tools/fuzz}.
 */
final class SafetensorsFuzz implements FuzzRun.Target {
    /** First byte of a mutant that is an index; a safetensors mutant whose length begins so is read as one, which is fine. */
    private static final byte INDEX_MARK = (byte) 0xfe;

    private static final Pattern TOKEN =
            Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|-?[0-9][0-9.eE+-]*|[a-z]+|\\s+|.", Pattern.DOTALL);

    private static final String[] DICTIONARY = {
        "0",
        "1",
        "2",
        "8",
        "-1",
        "-0",
        "1e3",
        "1.0",
        "255",
        "256",
        "65536",
        "4294967295",
        "4294967296",
        "2147483648",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "1152921504606846976",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "null",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\"a\"",
        "\"F32\"",
        "\"BF16\"",
        "\"F4\"",
        "\"BOOL\"",
        "\"U64\"",
        "\"dtype\"",
        "\"shape\"",
        "\"data_offsets\"",
        "\"__metadata__\"",
        "\"weight_map\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\u00e4\"",
        "\"../x.safetensors\"",
        " ",
        "\n",
        "\u0000",
        "\ufeff"
    };

    private final List<byte[]> headers = new ArrayList<>();
    private final List<byte[]> data = new ArrayList<>();
    private final List<String> indices = List.of(
            "{\"metadata\":{\"total_size\":12},\"weight_map\":{\"a\":\"m-1.safetensors\",\"b\":\"m-2.safetensors\"}}",
            "{\"weight_map\":{\"a\":\"m.safetensors\"},\"metadata\":[1.5e-3,null,true,{\"x\":[]}]}");

    SafetensorsFuzz() {
        addSeed("{}", 0);
        addSeed(
                "{\"__metadata__\":{\"format\":\"pt\",\"b\":\"a\"},"
                        + MalformedFiles.tensor("a", "F32", "[2,3]", "0", "24") + "}",
                24);
        addSeed(
                "{" + MalformedFiles.tensor("s", "F64", "[]", "0", "8") + ","
                        + MalformedFiles.tensor("z", "I64", "[0,7]", "8", "8") + ","
                        + MalformedFiles.tensor("h", "BF16", "[4]", "8", "16") + "}  ",
                16);
        StringBuilder all = new StringBuilder("{");
        int offset = 0;
        for (StoredType type : StoredType.values()) {
            int bytes = type.bits();
            all.append(
                    MalformedFiles.tensor("blocks." + type, type.name(), "[2,4]", "" + offset, "" + (offset + bytes)));
            all.append(',');
            offset += bytes;
        }
        all.setCharAt(all.length() - 1, '}');
        addSeed(all.toString(), offset);
    }

    private void addSeed(String header, int dataBytes) {
        headers.add(header.getBytes(StandardCharsets.UTF_8));
        data.add(new byte[dataBytes]);
    }

    @Override
    public byte[] mutate(Random random) {
        if (random.nextInt(8) == 0) {
            // The first byte of an index stands where a safetensors file has its length; parse() tells them apart by
            // it.
            byte[] index = mutateText(random, indices.get(random.nextInt(indices.size())));
            byte[] marked = new byte[index.length + 1];
            System.arraycopy(index, 0, marked, 1, index.length);
            marked[0] = INDEX_MARK;
            return marked;
        }
        int seed = random.nextInt(headers.size());
        byte[] header = headers.get(seed);
        byte[] body = data.get(seed);
        if (random.nextInt(4) != 0) {
            header = mutateText(random, new String(header, StandardCharsets.UTF_8));
        }
        if (random.nextInt(6) == 0) {
            body = Arrays.copyOf(body, Math.max(0, body.length + random.nextInt(17) - 8));
        }
        long length = random.nextInt(10) == 0 ? oddLength(random, header.length) : header.length;
        byte[] file = MalformedFiles.file(length, header, body);
        return random.nextInt(4) == 0 ? mutateBytes(random, file) : file;
    }

    private static long oddLength(Random random, int length) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> 1L << random.nextInt(64);
            default -> length + random.nextInt(33) - 16;
        };
    }

    private static byte[] mutateText(Random random, String text) {
        List<String> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(text);
        while (matcher.find()) {
            tokens.add(matcher.group());
        }
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes && !tokens.isEmpty(); i++) {
            int at = random.nextInt(tokens.size());
            int other = random.nextInt(tokens.size());
            switch (random.nextInt(6)) {
                case 0 -> tokens.remove(at);
                case 1 -> tokens.add(at, tokens.get(other));
                case 2 -> tokens.set(at, DICTIONARY[random.nextInt(DICTIONARY.length)]);
                case 3 -> tokens.add(at, DICTIONARY[random.nextInt(DICTIONARY.length)]);
                case 4 -> tokens.addAll(at, List.copyOf(tokens.subList(Math.min(at, other), Math.max(at, other))));
                default -> tokens.set(at, tokens.set(other, tokens.get(at)));
            }
        }
        return String.join("", tokens).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] mutateBytes(Random random, byte[] file) {
        byte[] copy = file.clone();
        for (int i = 0; i <= random.nextInt(4) && copy.length > 0; i++) {
            int at = random.nextInt(copy.length);
            switch (random.nextInt(4)) {
                case 0 -> copy[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> copy[at] = (byte) random.nextInt();
                case 2 -> copy = Arrays.copyOf(copy, at);
                default -> {
                    int length = Math.min(random.nextInt(16), copy.length - at);
                    System.arraycopy(copy, random.nextInt(copy.length - length + 1), copy, at, length);
                }
            }
        }
        return copy;
    }

    @Override
    public void parse(byte[] file) throws IOException {
        if (file.length > 0 && file[0] == INDEX_MARK) {
            ShardedWeights.parseIndex(Arrays.copyOfRange(file, 1, file.length), "mutant");
            return;
        }
        Safetensors weights = Safetensors.parse(file, "mutant");
        SafetensorsWriter writer = new SafetensorsWriter();
        long total = 0;
        for (WeightEntry entry : weights.entries().values()) {
            total += weights.bytes(entry.name()).byteSize();
            if (entry.type().readable()) {
                HostTensor tensor = weights.read(entry.name());
                check(tensor.toFloats().length == entry.shape().elements(), "elements of " + entry);
                writer.tensor(entry.name(), tensor);
            }
        }
        check(total <= file.length, "tensors of " + total + " bytes in " + file.length);
        weights.metadata().forEach(writer::metadata);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.writeTo(Channels.newChannel(out));
        Safetensors again = Safetensors.parse(out.toByteArray(), "rewritten");
        check(again.metadata().equals(weights.metadata()), "metadata after rewriting");
        for (String key : again.keys()) {
            check(again.shape(key).equals(weights.shape(key)), "shape after rewriting");
        }
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** {@code [mutants [seed [first]]]}: runs them and prints a line per 100,000. */
    public static void main(String[] arguments) {
        long mutants = arguments.length > 0 ? Long.parseLong(arguments[0]) : 1_000_000;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        long first = arguments.length > 2 ? Long.parseLong(arguments[2]) : 0;
        FuzzRun run = new FuzzRun("safetensors", seed);
        System.out.println(run.run(new SafetensorsFuzz(), first, first + mutants, System.out::println));
    }
}
