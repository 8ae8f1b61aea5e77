package dev.earshot.tensor;

import java.lang.foreign.MemorySegment;

/** Host memory as tensor storage; the segment's scope decides its life. */
record HostStorage(MemorySegment host) implements Storage {
    @Override
    public long byteSize() {
        return host.byteSize();
    }
}
