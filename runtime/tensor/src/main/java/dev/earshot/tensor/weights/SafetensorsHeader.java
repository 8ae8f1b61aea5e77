package dev.earshot.tensor.weights;

import dev.earshot.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file: 8 bytes N (little-endian), N bytes of JSON, then the data without gaps.
 *
 * <p>Source: huggingface/safetensors README.md and safetensors/src/tensor.rs; stricter where that reader is lenient.
 *
 * @param entries by name, in the order of the data
 * @param metadata the {@code __metadata__} object
 */
record SafetensorsHeader(Map<String, WeightEntry> entries, Map<String, String> metadata) {
    private static final String METADATA = "__metadata__";

    /**
     * The size of the JSON, checked against the limits and the file before anything is allocated.
     *
     * @param size the first 8 bytes of the file
     */
    static int checkSize(String file, long size, long fileSize, SafetensorsLimits limits) {
        if (Long.compareUnsigned(size, SafetensorsLimits.FORMAT_HEADER_BYTES) > 0) {
            throw WeightsException.of(
                    file,
                    "header length",
                    "at most " + SafetensorsLimits.FORMAT_HEADER_BYTES + " bytes",
                    Long.toUnsignedString(size),
                    "this is not a safetensors file");
        }
        if (size > limits.headerBytes()) {
            throw WeightsException.of(
                    file,
                    "header length",
                    "at most " + limits.headerBytes() + " bytes",
                    Long.toString(size),
                    "raise the limit if the file is trusted");
        }
        if (size > fileSize - 8) {
            throw WeightsException.of(
                    file,
                    "header length",
                    "at most the " + (fileSize - 8) + " bytes that follow",
                    Long.toString(size),
                    "the file is cut off or not a safetensors file");
        }
        return (int) size;
    }

    /** Parses and checks everything; {@code dataBytes} is what follows the header in the file. */
    static SafetensorsHeader parse(String file, byte[] json, long dataBytes, SafetensorsLimits limits) {
        if (json.length == 0 || json[0] != '{') {
            throw WeightsException.of(
                    file,
                    "header",
                    "'{' as its first byte",
                    json.length == 0 ? "an empty header" : "0x%02x".formatted(json[0]),
                    "this is not a safetensors file");
        }
        return new Parser(file, json, limits).parse(dataBytes);
    }

    private static final class Parser {
        private final String file;
        private final JsonScanner scanner;
        private final SafetensorsLimits limits;
        private final Map<String, WeightEntry> entries = new LinkedHashMap<>();
        private Map<String, String> metadata;

        Parser(String file, byte[] json, SafetensorsLimits limits) {
            this.file = file;
            this.scanner = new JsonScanner(file, "header", json);
            this.limits = limits;
        }

        SafetensorsHeader parse(long dataBytes) {
            scanner.expect('{');
            if (!scanner.consume('}')) {
                do {
                    String key = scanner.string();
                    scanner.expect(':');
                    if (key.equals(METADATA)) {
                        readMetadata();
                    } else {
                        readEntry(key);
                    }
                } while (scanner.consume(','));
                scanner.expect('}');
            }
            scanner.end(" ");
            return new SafetensorsHeader(inDataOrder(dataBytes), metadata == null ? Map.of() : metadata);
        }

        private void readMetadata() {
            if (metadata != null) {
                throw scanner.error("no duplicate key " + METADATA);
            }
            Map<String, String> read = new LinkedHashMap<>();
            scanner.expect('{');
            if (!scanner.consume('}')) {
                do {
                    String key = scanner.string();
                    scanner.expect(':');
                    if (read.put(key, scanner.string()) != null) {
                        throw scanner.error(
                                "no duplicate key in " + METADATA + ", here " + WeightsException.quote(key));
                    }
                } while (scanner.consume(','));
                scanner.expect('}');
            }
            metadata = Collections.unmodifiableMap(read);
        }

        private void readEntry(String name) {
            checkName(name);
            String what = "tensor " + WeightsException.quote(name);
            String type = null;
            long[] dims = null;
            long[] offsets = null;
            scanner.expect('{');
            do {
                String field = scanner.string();
                scanner.expect(':');
                boolean isDuplicate = switch (field) {
                    case "dtype" -> type != null;
                    case "shape" -> dims != null;
                    case "data_offsets" -> offsets != null;
                    default -> false;
                };
                if (isDuplicate) {
                    throw scanner.error("no duplicate key " + field + " in " + what);
                }
                switch (field) {
                    case "dtype" -> type = scanner.string();
                    case "shape" -> dims = integers(Shape.MAX_RANK, "at most " + Shape.MAX_RANK + " dimensions");
                    case "data_offsets" -> offsets = integers(2, "two data_offsets");
                    default ->
                        throw WeightsException.of(
                                file, what, "dtype, shape and data_offsets only", WeightsException.quote(field));
                }
            } while (scanner.consume(','));
            scanner.expect('}');
            if (type == null || dims == null || offsets == null || offsets.length != 2) {
                throw WeightsException.of(file, what, "dtype, shape and two data_offsets", "not all of them");
            }
            if (entries.put(name, entry(name, what, type, dims, offsets)) != null) {
                throw WeightsException.of(file, what, "to occur once", "a duplicate key");
            }
            if (entries.size() > limits.tensors()) {
                throw WeightsException.of(file, "header", "at most " + limits.tensors() + " tensors", "more");
            }
        }

        private void checkName(String name) {
            String what = "tensor name " + WeightsException.quote(name);
            if (name.isEmpty() || name.length() > limits.nameChars()) {
                throw WeightsException.of(
                        file, what, "1 to " + limits.nameChars() + " characters", Integer.toString(name.length()));
            }
            if (name.chars().anyMatch(Character::isISOControl)) {
                throw WeightsException.of(file, what, "no control characters", "at least one");
            }
        }

        private long[] integers(int most, String expected) {
            long[] values = new long[most];
            int count = 0;
            scanner.expect('[');
            if (!scanner.consume(']')) {
                do {
                    if (count == most) {
                        throw scanner.error(expected);
                    }
                    values[count++] = scanner.nonNegativeInteger();
                } while (scanner.consume(','));
                scanner.expect(']');
            }
            return Arrays.copyOf(values, count);
        }

        private WeightEntry entry(String name, String what, String typeName, long[] dims, long[] offsets) {
            StoredType type = StoredType.named(typeName);
            if (type == null) {
                throw WeightsException.of(
                        file,
                        what,
                        "a dtype of " + Arrays.toString(StoredType.values()),
                        WeightsException.quote(typeName));
            }
            long bytes = bytes(what, type, dims);
            long begin = offsets[0];
            long end = offsets[1];
            if (end < begin || end - begin != bytes) {
                throw WeightsException.of(
                        file,
                        what,
                        "%d bytes for %s %s".formatted(bytes, type, Arrays.toString(dims)),
                        "data_offsets [%d, %d]".formatted(begin, end));
            }
            return new WeightEntry(name, type, Shape.of(dims), begin, bytes);
        }

        private long bytes(String what, StoredType type, long[] dims) {
            long bits = type.bits();
            try {
                for (long dim : dims) {
                    bits = Math.multiplyExact(bits, dim);
                }
            } catch (ArithmeticException e) {
                throw new WeightsException(
                        "%s: %s: expected a size below 2^63 bits, got %s %s"
                                .formatted(file, what, type, Arrays.toString(dims)),
                        e);
            }
            if (bits % 8 != 0) {
                throw WeightsException.of(file, what, "whole bytes", bits + " bits");
            }
            return bits / 8;
        }

        /** The entries sorted by place, after checking that they cover the data exactly: no gap, no overlap, no rest. */
        private Map<String, WeightEntry> inDataOrder(long dataBytes) {
            List<WeightEntry> sorted = new ArrayList<>(entries.values());
            sorted.sort(Comparator.comparingLong(WeightEntry::offset).thenComparingLong(WeightEntry::bytes));
            Map<String, WeightEntry> ordered = new LinkedHashMap<>();
            long end = 0;
            for (WeightEntry entry : sorted) {
                if (entry.offset() != end) {
                    throw WeightsException.of(
                            file,
                            "tensor " + WeightsException.quote(entry.name()),
                            "its data to begin at " + end + ", where the one before ends",
                            Long.toString(entry.offset()));
                }
                end += entry.bytes();
                ordered.put(entry.name(), entry);
            }
            if (end != dataBytes) {
                throw WeightsException.of(
                        file,
                        "data",
                        end + " bytes as the header says",
                        Long.toString(dataBytes),
                        end > dataBytes
                                ? "the file is cut off; fetch it again"
                                : "the file has foreign bytes at its end");
            }
            return Collections.unmodifiableMap(ordered);
        }
    }
}
