package dev.earshot.bench.startup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** A file in as many equal ranges as the CPU backend has workers, each for a thread of its own. */
final class Ranges implements AutoCloseable {
    /** A range begins at a huge page of what it is copied to, so that no page is shared. */
    private static final long UNIT = 2L << 20;

    /** Stays in a second-level cache. */
    private static final int PIECE = 256 << 10;

    private final FileChannel channel;
    private final long bytes;
    private final int count;

    private Ranges(FileChannel channel, long bytes, int count) {
        this.channel = channel;
        this.bytes = bytes;
        this.count = count;
    }

    static Ranges of(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file);
        int processors = Math.min(16, Runtime.getRuntime().availableProcessors());
        return new Ranges(channel, channel.size(), Integer.getInteger("earshot.cpu.threads", processors));
    }

    /** What is done with the mapped range {@code part}, which begins at {@code at} in the file. */
    @FunctionalInterface
    interface Work {
        void run(MemorySegment part, long at) throws IOException;
    }

    /** Gigabytes per second at which all threads together get through a fresh mapping; starting them is included. */
    double rate(Work work) throws IOException, InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        long start = System.nanoTime();
        try (Arena arena = Arena.ofShared()) {
            MemorySegment map = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                long from = boundary(i);
                MemorySegment part = map.asSlice(from, boundary(i + 1) - from);
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        work.run(part, from);
                    } catch (IOException | RuntimeException | Error e) {
                        failure.set(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        if (failure.get() != null) {
            throw new IllegalStateException("cannot measure the rate of a file: " + failure.get(), failure.get());
        }
        return (double) bytes / (System.nanoTime() - start);
    }

    private long boundary(int index) {
        return index == count ? bytes : bytes * index / count / UNIT * UNIT;
    }

    /** Reads a range into one buffer, over and over. */
    void read(MemorySegment part, long at) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
        for (long done = 0; done < part.byteSize(); ) {
            buffer.clear().limit((int) Math.min(PIECE, part.byteSize() - done));
            int read = channel.read(buffer, at + done);
            if (read < 0) {
                throw new IOException("the file became shorter");
            }
            done += read;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
