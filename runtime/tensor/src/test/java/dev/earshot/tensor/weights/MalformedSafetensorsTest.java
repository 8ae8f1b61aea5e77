package dev.earshot.tensor.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One malformed file per test; each must be refused for its own reason, from memory, mapped and copied alike. */
final class MalformedSafetensorsTest {
    private static final String GOOD = "{" + MalformedFiles.tensor("a", "F32", "[2]", "0", "8") + "}";

    @TempDir
    Path folder;

    @Test
    void theWellFormedTwinIsRead() {
        assertEquals(
                1,
                Safetensors.parse(MalformedFiles.file(GOOD, new byte[8]), "good")
                        .keys()
                        .size());
    }

    @Test
    void fileShorterThanItsLengthField() {
        refused(new byte[7], "expected at least 8 bytes, got 7");
        refused(new byte[0], "expected at least 8 bytes, got 0");
    }

    @Test
    void headerBeyondTheFile() {
        refused(
                MalformedFiles.file(GOOD.length() + 9, ascii(GOOD), new byte[8]),
                "header length: expected at most the");
    }

    @Test
    void headerLengthOf2To63() {
        refused(MalformedFiles.file(Long.MIN_VALUE, ascii(GOOD), new byte[8]), "got 9223372036854775808");
    }

    @Test
    void headerLengthOfAllOnes() {
        refused(MalformedFiles.file(-1, ascii(GOOD), new byte[8]), "got 18446744073709551615");
    }

    @Test
    void headerLengthZero() {
        refused(MalformedFiles.file(0, new byte[0], new byte[8]), "got an empty header");
    }

    @Test
    void headerLengthAboveTheFormatsLimit() {
        refused(MalformedFiles.file(100_000_001, ascii(GOOD), new byte[8]), "at most 100000000 bytes, got 100000001");
    }

    @Test
    void headerLengthAboveOurLimit() {
        refused(MalformedFiles.file((16 << 20) + 1, ascii(GOOD), new byte[8]), "at most 16777216 bytes");
    }

    @Test
    void badUtf8() {
        byte[] json = ascii("{" + MalformedFiles.tensor("a?", "F32", "[2]", "0", "8") + "}");
        for (int bad : new int[] {0x80, 0xc0, 0xff, 0xed}) {
            byte[] copy = json.clone();
            copy[3] = (byte) bad;
            refused(MalformedFiles.file(copy, new byte[8]), "expected UTF-8 text");
        }
    }

    @Test
    void arrayAtTheTop() {
        refused("[]", 0, "expected '{' as its first byte, got 0x5b");
    }

    @Test
    void byteOrderMark() {
        refused("\ufeff" + GOOD, 8, "expected '{' as its first byte, got 0xef");
    }

    @Test
    void whiteSpaceBeforeTheObject() {
        refused(" " + GOOD, 8, "expected '{' as its first byte, got 0x20");
    }

    @Test
    void trailingComma() {
        refused("{" + MalformedFiles.tensor("a", "F32", "[2]", "0", "8") + ",}", 8, "expected '\"'");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,],\"data_offsets\":[0,8]}}", 8, "non-negative integer");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],}}", 8, "expected '\"'");
    }

    @Test
    void duplicateTensor() {
        String a = MalformedFiles.tensor("a", "F32", "[2]", "0", "8");
        refused("{" + a + "," + a + "}", 8, "a duplicate key");
        refused("{" + a + "," + MalformedFiles.tensor("\\u0061", "F32", "[2]", "8", "16") + "}", 16, "a duplicate key");
    }

    @Test
    void duplicateFieldOfATensor() {
        refused(
                "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                8,
                "no duplicate key");
    }

    @Test
    void unknownFieldOfATensor() {
        refused(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}",
                8,
                "expected dtype, shape and data_offsets only, got \"x\"");
    }

    @Test
    void missingFieldOfATensor() {
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "got not all of them");
        refused("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, "got not all of them");
        refused("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "got not all of them");
        refused("{\"a\":{}}", 8, "expected '\"'");
    }

    @Test
    void offsetsThatAreNoPair() {
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8]}}", 8, "got not all of them");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}}", 8, "expected two data_offsets");
    }

    @Test
    void metadataWithANumber() {
        refused("{\"__metadata__\":{\"a\":1}}", 0, "expected '\"'");
        refused("{\"__metadata__\":\"a\"}", 0, "expected '{'");
    }

    @Test
    void duplicateMetadata() {
        refused("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "no duplicate key in __metadata__");
        refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "no duplicate key __metadata__");
    }

    @Test
    void overlappingTensors() {
        refused(two("[0,8]", "[4,12]"), 12, "its data to begin at 8");
        refused(two("[0,8]", "[0,8]"), 8, "its data to begin at 8");
    }

    @Test
    void reversedOffsets() {
        refused("{" + MalformedFiles.tensor("a", "F32", "[2]", "8", "0") + "}", 8, "got data_offsets [8, 0]");
    }

    @Test
    void gapBetweenTensors() {
        refused(two("[0,8]", "[9,17]"), 17, "its data to begin at 8");
    }

    @Test
    void gapBeforeTheFirstTensor() {
        refused("{" + MalformedFiles.tensor("a", "F32", "[2]", "4", "12") + "}", 12, "its data to begin at 0");
    }

    @Test
    void offsetsPastTheEnd() {
        refused("{" + MalformedFiles.tensor("a", "F32", "[3]", "0", "12") + "}", 8, "the file is cut off");
        refused(
                "{" + MalformedFiles.tensor("a", "F32", "[2]", "9223372036854775799", "9223372036854775807") + "}",
                8,
                "its data to begin at 0");
    }

    @Test
    void sizeThatOverflows64Bits() {
        refused(
                "{" + MalformedFiles.tensor("a", "F32", "[4294967296,4294967296]", "0", "0") + "}",
                0,
                "a size below 2^63 bits");
        refused(
                "{" + MalformedFiles.tensor("a", "U8", "[2305843009213693952]", "0", "0") + "}",
                0,
                "a size below 2^63 bits");
        refused(
                "{" + MalformedFiles.tensor("a", "F64", "[9223372036854775807,9223372036854775807,0]", "0", "0") + "}",
                0,
                "a size below 2^63 bits");
    }

    @Test
    void sizeThatDoesNotMatchTheShape() {
        refused("{" + MalformedFiles.tensor("a", "F16", "[2]", "0", "8") + "}", 8, "expected 4 bytes for F16 [2]");
    }

    @Test
    void packedTypeWithHalfAByte() {
        refused("{" + MalformedFiles.tensor("a", "F4", "[3]", "0", "1") + "}", 1, "expected whole bytes, got 12 bits");
    }

    @Test
    void dimensionThatIsNoPlainInteger() {
        for (String dim :
                new String[] {"-1", "-0", "1e3", "2.0", "02", "+2", "\"2\"", "null", "18446744073709551616"}) {
            refused("{" + MalformedFiles.tensor("a", "F32", "[" + dim + "]", "0", "8") + "}", 8, "header: expected");
        }
    }

    @Test
    void rankAboveEight() {
        refused(
                "{" + MalformedFiles.tensor("a", "F32", "[1,1,1,1,1,1,1,1,2]", "0", "8") + "}",
                8,
                "at most 8 dimensions");
    }

    @Test
    void unknownDtype() {
        refused("{" + MalformedFiles.tensor("a", "F128", "[2]", "0", "8") + "}", 8, "got \"F128\"");
        refused("{" + MalformedFiles.tensor("a", "f32", "[2]", "0", "8") + "}", 8, "got \"f32\"");
    }

    @Test
    void truncatedData() {
        refused(GOOD, 7, "the file is cut off");
    }

    @Test
    void oneByteTooMany() {
        refused(GOOD, 9, "foreign bytes at its end");
    }

    @Test
    void foreignBytesAfterTheObject() {
        refused(GOOD + "x", 8, "expected nothing after the object");
        refused(GOOD + "\n", 8, "expected nothing after the object");
        refused(GOOD + "\0", 8, "expected nothing after the object");
    }

    @Test
    void hundredThousandTensorsAreTheLimit() {
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < 100_000; i++) {
            json.append(MalformedFiles.tensor("t" + i, "U8", "[0]", "0", "0")).append(',');
        }
        json.setCharAt(json.length() - 1, '}');
        assertEquals(
                100_000,
                Safetensors.parse(MalformedFiles.file(json.toString(), new byte[0]), "many")
                        .keys()
                        .size());
        json.setCharAt(json.length() - 1, ',');
        refused(json + MalformedFiles.tensor("one more", "U8", "[0]", "0", "0") + "}", 0, "at most 100000 tensors");
    }

    @Test
    void deepNesting() {
        refused("{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}", 0, "expected '{'");
        refused("{\"a\":" + "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000) + "}", 0, "only, got \"a\"");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":" + "[".repeat(100_000) + "}}", 0, "non-negative integer");
    }

    @Test
    void emptyName() {
        refused("{" + MalformedFiles.tensor("", "F32", "[2]", "0", "8") + "}", 8, "1 to 1024 characters");
    }

    @Test
    void longName() {
        String name = "n".repeat(1_024);
        String good = "{" + MalformedFiles.tensor(name, "F32", "[2]", "0", "8") + "}";
        assertTrue(Safetensors.parse(MalformedFiles.file(good, new byte[8]), "long")
                .contains(name));
        refused(
                "{" + MalformedFiles.tensor(name + "n", "F32", "[2]", "0", "8") + "}",
                8,
                "1 to 1024 characters, got 1025");
    }

    @Test
    void controlCharacterInAName() {
        refused("{" + MalformedFiles.tensor("a\\u0000b", "F32", "[2]", "0", "8") + "}", 8, "no control characters");
        refused("{" + MalformedFiles.tensor("a\0b", "F32", "[2]", "0", "8") + "}", 8, "no unescaped control character");
        refused("{" + MalformedFiles.tensor("a\\u009b", "F32", "[2]", "0", "8") + "}", 8, "no control characters");
    }

    @Test
    void brokenEscapes() {
        for (String escape :
                new String[] {"\\x41", "\\u12g4", "\\u12", "\\ud800", "\\udc00\\ud800", "\\", "\\u\uff10000"}) {
            refused("{" + MalformedFiles.tensor(escape, "F32", "[2]", "0", "8") + "}", 8, "header: expected");
        }
    }

    @Test
    void everyPrefixOfAGoodFileIsRefused() {
        byte[] good = MalformedFiles.file("{\"__metadata__\":{\"k\":\"v\"}," + GOOD.substring(1), new byte[8]);
        for (int length = 0; length < good.length; length++) {
            byte[] prefix = Arrays.copyOf(good, length);
            assertThrows(WeightsException.class, () -> Safetensors.parse(prefix, "prefix"));
        }
        byte[] header = Arrays.copyOfRange(good, 8, good.length - 8);
        for (int length = 1; length < header.length; length++) {
            byte[] cut = MalformedFiles.file(Arrays.copyOf(header, length), new byte[8]);
            assertThrows(WeightsException.class, () -> Safetensors.parse(cut, "cut header"));
        }
    }

    @Test
    void messagesDoNotRepeatWhatAFileWantsThemToSay() {
        String name = "\\u001b[2Jx\\n".repeat(50);
        WeightsException e = assertThrows(
                WeightsException.class,
                () -> Safetensors.parse(
                        MalformedFiles.file(
                                "{" + MalformedFiles.tensor(name, "F32", "[2]", "0", "8") + "}", new byte[8]),
                        "file"));
        assertFalse(e.getMessage().chars().anyMatch(Character::isISOControl), e.getMessage());
        assertTrue(e.getMessage().length() < 1_000, e.getMessage());
    }

    private void refused(String json, int dataBytes, String reason) {
        refused(MalformedFiles.file(json, new byte[dataBytes]), reason);
    }

    private void refused(byte[] file, String reason) {
        Path path = folder.resolve("malformed.safetensors");
        try {
            Files.write(path, file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        for (WeightsException e : new WeightsException[] {
            assertThrows(WeightsException.class, () -> Safetensors.parse(file, "malformed.safetensors")),
            assertThrows(WeightsException.class, () -> Safetensors.open(path)),
            assertThrows(WeightsException.class, () -> Safetensors.copy(path))
        }) {
            assertTrue(e.getMessage().contains(reason), e.getMessage());
            assertTrue(e.getMessage().contains("malformed.safetensors: "), e.getMessage());
        }
    }

    private static String two(String first, String second) {
        return "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + first
                + "},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + second + "}}";
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
