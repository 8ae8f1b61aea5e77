package dev.earshot.segmentation.image;

import dev.earshot.segmentation.MediaException;

/**
 * What must be known of a JPEG before its pixels are decoded, read from its marker segments.
 *
 * @param width columns as stored, before any turning
 * @param height rows as stored
 * @param components 1 grey, 3 colour, 4 CMYK
 * @param transform how the components were mixed, {@link Transform}
 * @param inverted whether four components hold 255 minus the ink, as Adobe writes them
 * @param orientation EXIF orientation 1 to 8; 1 is upright
 */
record JpegHeader(int width, int height, int components, Transform transform, boolean inverted, int orientation) {
    /** NONE: grey, RGB or CMYK as stored; YCC: the first three components are luma and chroma. */
    enum Transform {
        NONE,
        YCC
    }

    /** Scans beyond this are a bomb: even ten-bit progressive files have a dozen. */
    private static final int MAX_SCANS = 200;

    static JpegHeader read(byte[] file, String name, ImageLimits limits) {
        Reader reader = new Reader(file, name, limits);
        reader.walk();
        return reader.header();
    }

    private static final class Reader {
        private final byte[] file;
        private final String name;
        private final ImageLimits limits;
        private int width;
        private int height;
        private int[] componentIds = new int[0];
        private boolean jfif;
        private int adobeTransform = -1;
        private int orientation = 1;

        Reader(byte[] file, String name, ImageLimits limits) {
            this.file = file;
            this.name = name;
            this.limits = limits;
        }

        private MediaException bad(String part, String expected, Object got) {
            return MediaException.of(
                    name + " " + part,
                    expected,
                    String.valueOf(got),
                    "the JPEG is damaged or of a rare kind; save it again as baseline JPEG or PNG");
        }

        void walk() {
            int at = 2;
            while (true) {
                while (at + 3 < file.length && (file[at] & 0xff) == 0xff && (file[at + 1] & 0xff) == 0xff) {
                    at++; // fill bytes
                }
                if (at + 4 > file.length || (file[at] & 0xff) != 0xff) {
                    throw bad("markers", "a marker segment at byte " + at, "none");
                }
                int marker = file[at + 1] & 0xff;
                int length = Bytes.u16(file, at + 2);
                if (length < 2 || length > file.length - at - 2) {
                    throw bad("marker at byte " + at, "a length within the file", length);
                }
                segment(marker, at + 4, length - 2);
                if (marker == 0xda) {
                    checkScans(at);
                    return;
                }
                at += 2 + length;
            }
        }

        private void segment(int marker, int at, int length) {
            switch (marker) {
                case 0xc0, 0xc1, 0xc2 -> frame(at, length);
                case 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf ->
                    throw bad("coding", "baseline or progressive Huffman", "frame type " + (marker - 0xc0));
                case 0xe0 -> jfif |= startsWith(at, length, "JFIF\0");
                case 0xe1 -> {
                    if (startsWith(at, length, "Exif\0\0")) {
                        orientation = exifOrientation(at + 6, length - 6);
                    }
                }
                case 0xee -> {
                    if (length >= 12 && startsWith(at, length, "Adobe")) {
                        adobeTransform = file[at + 11] & 0xff;
                    }
                }
                default -> {}
            }
        }

        private boolean startsWith(int at, int length, String text) {
            if (length < text.length()) {
                return false;
            }
            for (int i = 0; i < text.length(); i++) {
                if (file[at + i] != text.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        private void frame(int at, int length) {
            if (componentIds.length > 0) {
                throw bad("frames", "one", "a second");
            }
            if (length < 6 || length != 6 + 3 * (file[at + 5] & 0xff)) {
                throw bad("frame header", "6 bytes and 3 for each component", length);
            }
            if (file[at] != 8) {
                throw bad("precision", "8 bits", file[at]);
            }
            height = Bytes.u16(file, at + 1);
            width = Bytes.u16(file, at + 3);
            int components = file[at + 5] & 0xff;
            if (components != 1 && components != 3 && components != 4) {
                throw bad("components", "1, 3 or 4", components);
            }
            limits.check(name, width, height);
            componentIds = new int[components];
            for (int i = 0; i < components; i++) {
                componentIds[i] = file[at + 6 + 3 * i] & 0xff;
            }
        }

        /** Looks for tag 0x0112 in the first directory of the TIFF structure; anything odd means "upright". */
        private int exifOrientation(int at, int length) {
            if (length < 14) {
                return 1;
            }
            boolean little = file[at] == 'I';
            long directory = u32(at + 4, little);
            if (directory > length - 2) {
                return 1;
            }
            int entries = u16(at + (int) directory, little);
            for (int i = 0; i < entries; i++) {
                long entry = directory + 2 + 12L * i;
                if (entry + 12 > length) {
                    return 1;
                }
                int where = at + (int) entry;
                if (u16(where, little) == 0x0112) {
                    int value = u16(where + 8, little);
                    return value >= 1 && value <= 8 ? value : 1;
                }
            }
            return 1;
        }

        private int u16(int at, boolean little) {
            int value = Bytes.u16(file, at);
            return little ? Short.reverseBytes((short) value) & 0xffff : value;
        }

        private long u32(int at, boolean little) {
            long value = Bytes.u32(file, at);
            return little ? Integer.reverseBytes((int) value) & 0xffff_ffffL : value;
        }

        /** Counts scans and demands an end marker, without which the decoder would fill the rest with grey. */
        private void checkScans(int firstScan) {
            if (componentIds.length == 0) {
                throw bad("frame header", "one before the first scan", "none");
            }
            int scans = 0;
            boolean ended = false;
            for (int at = firstScan; at + 1 < file.length; at++) {
                if ((file[at] & 0xff) == 0xff) {
                    int marker = file[at + 1] & 0xff;
                    scans += marker == 0xda ? 1 : 0;
                    ended |= marker == 0xd9;
                }
            }
            if (!ended) {
                throw bad("data", "an end-of-image marker", "end of file at byte " + file.length);
            }
            if (scans > MAX_SCANS) {
                throw bad("scans", "at most " + MAX_SCANS, scans);
            }
        }

        /** The rules by which libjpeg guesses colour spaces. */
        JpegHeader header() {
            int n = componentIds.length;
            boolean mixed;
            if (n == 3) {
                boolean namedRgb = componentIds[0] == 'R' && componentIds[1] == 'G' && componentIds[2] == 'B';
                mixed = jfif || (adobeTransform >= 0 ? adobeTransform != 0 : !namedRgb);
            } else {
                mixed = n == 4 && adobeTransform == 2;
            }
            return new JpegHeader(
                    width,
                    height,
                    n,
                    mixed ? Transform.YCC : Transform.NONE,
                    n == 4 && adobeTransform >= 0,
                    orientation);
        }
    }
}
