package dev.earshot.models.checkpoint;

/**
 * One record of a zip file's central directory, checked against the local header before its data.
 *
 * @param name path inside the archive
 * @param stored true if the data is not compressed
 * @param crc CRC-32 of the data
 * @param dataOffset first byte of the data in the file
 * @param bytes size of the data in the file
 */
record ZipEntry(String name, boolean stored, int crc, long dataOffset, long bytes) {}
