package dev.earshot.cuda.device;

import dev.earshot.cuda.CudaException;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Device memory in stream order, out of the card's default pool, which keeps what is freed for the next allocation. Knows
 * every live allocation and prints the largest when there is no more.
 */
final class DevicePool implements AutoCloseable {
    private static final int LISTED = 10;

    private final Driver driver;
    private final MemorySegment pool;
    private final long limit;
    private final Map<Long, Allocation> live = new HashMap<>();
    private final MemorySegment stream;
    private long used;
    private long peak;

    private record Allocation(long bytes, String what) {}

    /** Memory of {@code device} whose allocations follow the order of {@code stream}. */
    DevicePool(Driver driver, int device, long limit, MemorySegment stream) {
        this.driver = driver;
        this.stream = stream;
        this.pool = driver.defaultPool(device);
        this.limit = limit;
        driver.keepInPool(pool, limit);
    }

    /**
     * Address of {@code bytes} of fresh memory, aligned to at least 256.
     *
     * @param what its use in words, for the table of {@link #exhausted}
     * @throws CudaException with a table of the largest allocations if there is no more
     */
    long allocate(long bytes, String what) {
        int status = Math.addExact(used, bytes) > limit ? Driver.OUT_OF_MEMORY : driver.allocate(bytes, pool, stream);
        if (status == Driver.OUT_OF_MEMORY) {
            throw new CudaException(exhausted(bytes, what), status);
        }
        driver.check("cuMemAllocFromPoolAsync", status, bytes + " bytes for " + what);
        long address = driver.allocated();
        live.put(address, new Allocation(bytes, what));
        used += bytes;
        peak = Math.max(peak, used);
        return address;
    }

    private String exhausted(long bytes, String what) {
        String table = live.values().stream()
                .sorted(Comparator.comparingLong(Allocation::bytes).reversed())
                .limit(LISTED)
                .map(each -> "%n  %12s  %s".formatted(megabytes(each.bytes()), each.what()))
                .collect(Collectors.joining());
        String bound = limit == CudaOptions.NO_LIMIT ? "" : ", the limit is " + megabytes(limit);
        return ("out of device memory: expected room for %s more (%s), got a device with %s in use here in %d buffers%s"
                        + " — use a smaller batch or image, bf16, or another card; largest buffers:%s")
                .formatted(megabytes(bytes), what, megabytes(used), live.size(), bound, table);
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    /** Gives memory back, once all work issued so far is done. */
    void free(long address) {
        Allocation freed = live.remove(address);
        if (freed == null) {
            throw new IllegalStateException("device memory 0x%x: freed twice or never allocated".formatted(address));
        }
        used -= freed.bytes();
        if (driver.isUsable()) {
            driver.free(address, stream);
        }
    }

    /** Bytes in use. */
    long usedBytes() {
        return used;
    }

    /** Bytes in use by what they are for, in the words of {@link #allocate}. */
    Map<String, Long> usedBytesByPurpose() {
        return live.values().stream()
                .collect(Collectors.groupingBy(
                        Allocation::what, TreeMap::new, Collectors.summingLong(Allocation::bytes)));
    }

    /** Most bytes in use at any time since this was made, or since {@link #restartPeak}. */
    long peakBytes() {
        return peak;
    }

    /** Looks for the peak from now on. */
    void restartPeak() {
        peak = used;
    }

    /** Returns what is kept for later to the card. */
    @Override
    public void close() {
        driver.trim(pool, 0);
    }
}
