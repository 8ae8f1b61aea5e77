package dev.earshot.tensor.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkWorkspaceTest {
    private static ChunkWorkspace open(long bytes) {
        return new ChunkWorkspace(new HostChunks(), bytes, false, () -> {});
    }

    private static ChunkWorkspace guarded() {
        return new ChunkWorkspace(new HostChunks(), 0, true, () -> {});
    }

    @Test
    void tensorsAreAlignedAndDoNotOverlap() {
        try (ChunkWorkspace ws = open(1000)) {
            long end = 0;
            for (DType dtype : DType.values()) {
                Tensor x = ws.allocate(dtype, 3, 5);
                assertEquals(0, x.segment().address() % 64, dtype.name());
                assertTrue(x.segment().address() >= end, dtype.name());
                assertEquals(15L * dtype.bytes(), x.segment().byteSize());
                end = x.segment().address() + x.segment().byteSize();
            }
        }
    }

    @Test
    void aFrameGivesBackWhatWasAllocatedInIt() {
        try (ChunkWorkspace ws = open(1 << 16)) {
            ws.allocate(DType.F32, 10);
            long first;
            try (Workspace.Frame _ = ws.frame()) {
                first = ws.allocate(DType.F32, 100).segment().address();
                try (Workspace.Frame _ = ws.frame()) {
                    assertNotEquals(first, ws.allocate(DType.F32, 100).segment().address());
                }
            }
            assertEquals(first, ws.allocate(DType.F32, 100).segment().address());
        }
    }

    @Test
    void aRepeatedPassGetsTheSameAddressesAndNoMoreMemory() {
        try (ChunkWorkspace ws = open(100)) {
            List<Long> first = pass(ws);
            long capacity = ws.capacityBytes();
            long peak = ws.peakBytes();
            for (int i = 0; i < 3; i++) {
                ws.reset();
                assertEquals(first, pass(ws));
                assertEquals(capacity, ws.capacityBytes());
                assertEquals(peak, ws.peakBytes());
            }
        }
    }

    /** Sizes that grow past every chunk, inside and outside frames. */
    private static List<Long> pass(Workspace ws) {
        List<Long> addresses = new ArrayList<>();
        for (int i = 1; i < 9; i++) {
            try (Workspace.Frame _ = ws.frame()) {
                addresses.add(ws.allocate(DType.F32, 70_000L * i).segment().address());
                addresses.add(ws.allocate(DType.U8, 7L * i).segment().address());
            }
            addresses.add(ws.allocate(DType.BF16, 90_000L * (9 - i)).segment().address());
        }
        return addresses;
    }

    @Test
    void growthKeepsEarlierTensorsInPlace() {
        try (ChunkWorkspace ws = open(64)) {
            Tensor x = ws.allocate(DType.I64, 8);
            x.segment().set(ValueLayout.JAVA_LONG, 56, 42);
            ws.allocate(DType.F32, 1 << 20);
            assertEquals(42, x.segment().get(ValueLayout.JAVA_LONG, 56));
            assertTrue(ws.capacityBytes() >= 64 + (4 << 20));
            assertTrue(ws.peakBytes() >= 64 + (4 << 20));
        }
    }

    @Test
    void scalarsAndEmptyTensorsAreLegal() {
        try (ChunkWorkspace ws = guarded()) {
            assertEquals(4, ws.allocate(DType.F32, Shape.of()).segment().byteSize());
            assertEquals(0, ws.allocate(DType.F32, 3, 0, 5).segment().byteSize());
            ws.checkSentinels();
        }
    }

    @Test
    void framesClosedOutOfOrderFail() {
        try (ChunkWorkspace ws = open(0)) {
            Workspace.Frame outer = ws.frame();
            Workspace.Frame inner = ws.frame();
            assertTrue(assertThrows(IllegalStateException.class, outer::close)
                    .getMessage()
                    .contains("1 frame(s) opened later"));
            inner.close();
            inner.close();
            outer.close();
        }
    }

    @Test
    void resetInsideAFrameFails() {
        try (ChunkWorkspace ws = open(0);
                Workspace.Frame _ = ws.frame()) {
            assertTrue(assertThrows(IllegalStateException.class, ws::reset)
                    .getMessage()
                    .contains("1 open frame"));
        }
    }

    @Test
    void useAfterCloseSaysWhoWasClosed() {
        ChunkWorkspace ws = open(100);
        Tensor x = ws.allocate(DType.F32, 4);
        Workspace.Frame frame = ws.frame();
        ws.close();
        ws.close();
        frame.close();
        assertEquals(
                "tensor used after its workspace was closed",
                assertThrows(IllegalStateException.class, x::segment).getMessage());
        assertEquals(
                "workspace: allocate after close",
                assertThrows(IllegalStateException.class, () -> ws.allocate(DType.F32, 1))
                        .getMessage());
        assertThrows(IllegalStateException.class, ws::reset);
        assertThrows(IllegalStateException.class, ws::frame);
        assertEquals(0, ws.capacityBytes());
    }

    @Test
    void writingPastATensorIsSeen() {
        for (long at : new long[] {-1, 12}) {
            ChunkWorkspace ws = guarded();
            MemorySegment x = ws.allocate(DType.F32, 3).segment();
            ws.checkSentinels();
            poke(x.address() + at);
            String message = assertThrows(IllegalStateException.class, ws::checkSentinels)
                    .getMessage();
            assertTrue(message.contains("F32 [3]"), message);
            assertTrue(message.contains(at < 0 ? "before" : "after"), message);
            assertThrows(IllegalStateException.class, ws::close);
            assertEquals(0, ws.capacityBytes());
        }
    }

    /** A replayed program writes the tensors of closed frames, over the guards of what lies there now. */
    @Test
    void aReplayMayWriteOverGroundThatWasGivenBack() {
        ChunkWorkspace ws = guarded();
        long address;
        try (Workspace.Frame _ = ws.frame()) {
            address = ws.allocate(DType.U8, 200).segment().address();
        }
        ws.allocate(DType.U8, 5);
        poke(address + 100);
        ws.checkSentinels();
        ws.close();
    }

    @Test
    void aFramesCloseChecksItsSentinels() {
        ChunkWorkspace ws = guarded();
        Workspace.Frame frame = ws.frame();
        MemorySegment x = ws.allocate(DType.U8, 5).segment();
        poke(x.address() + 5);
        assertThrows(IllegalStateException.class, frame::close);
        ws.checkSentinels();
        ws.close();
    }

    /** Writes one byte outside of every Java bound, as a faulty native kernel would. */
    @SuppressWarnings("restricted")
    private static void poke(long address) {
        MemorySegment.ofAddress(address).reinterpret(1).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    }

    @Test
    void closeTellsTheBackendOnce() {
        int[] calls = new int[1];
        ChunkWorkspace ws = new ChunkWorkspace(new HostChunks(), 0, () -> calls[0]++);
        ws.close();
        ws.close();
        assertEquals(1, calls[0]);
    }
}
