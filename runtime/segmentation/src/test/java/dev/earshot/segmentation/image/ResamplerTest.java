package dev.earshot.segmentation.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checksums and bytes below are of Pillow 9.4's Image.resize on the same pattern. */
class ResamplerTest {
    private static RgbImage pattern(int width, int height) {
        RgbImage image = RgbImage.black(width, height);
        for (int y = 0, at = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    image.rgb()[at++] = (byte) ((x * 7 + y * 13 + c * 29) * (x + 1) + y * y);
                }
            }
        }
        return image;
    }

    @ParameterizedTest
    @CsvSource({
        "13, 7, 5, 3, a2145d1a, 07217468, ad5a9007",
        "5, 3, 13, 7, 95e7cd0f, b7ee0bea, f2f9eb8e",
        "31, 17, 31, 8, e1437c68, 3c329c07, d147a4ef",
        "31, 17, 9, 17, b0a2523c, 20e2b5c3, 391098ac",
        "1, 1, 4, 4, b4fe818e, b4fe818e, b4fe818e",
        "640, 3, 2, 2, b1072b22, 7e591d90, 828731a8",
        "3, 50, 7, 50, 743498c4, 2e76ce17, 8c7671af",
    })
    void everyFilterEqualsPillowBitForBit(
            int width, int height, int outWidth, int outHeight, String box, String bilinear, String bicubic) {
        RgbImage image = pattern(width, height);
        String[] expected = {box, bilinear, bicubic};
        for (Filter filter : Filter.values()) {
            RgbImage resized = Resampler.resize(image, outWidth, outHeight, filter);
            CRC32 crc = new CRC32();
            crc.update(resized.rgb());
            assertEquals(expected[filter.ordinal()], String.format("%08x", crc.getValue()), filter.name());
        }
    }

    @Test
    void bicubicShrinkEqualsPillowsBytes() {
        int[] expected = {
            36, 98, 105, 121, 147, 129, 140, 149, 118, 160, 144, 111, 122, 139, 135, 103, 139, 145, 142, 147, 126, 130,
            109, 120, 121, 138, 139, 129, 133, 131, 121, 125, 136, 126, 129, 110, 103, 109, 108, 130, 133, 169, 144,
            116, 138
        };
        byte[] got = Resampler.resize(pattern(13, 7), 5, 3, Filter.BICUBIC).rgb();
        int[] values = new int[got.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = got[i] & 0xff;
        }
        assertArrayEquals(expected, values);
    }

    @Test
    void sameSizeIsACopy() {
        RgbImage image = pattern(4, 4);
        RgbImage same = Resampler.resize(image, 4, 4, Filter.BICUBIC);
        assertArrayEquals(image.rgb(), same.rgb());
        same.rgb()[0]++;
        assertEquals(pattern(4, 4).rgb()[0], image.rgb()[0]);
    }

    @Test
    void wrongArrayLengthNamesBothSizes() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> Resampler.resize(new byte[11], 2, 2, 3, 4, 4, Filter.BILINEAR));
        assertEquals("resize: expected [2, 2, 3] bytes, got 11", e.getMessage());
    }
}
