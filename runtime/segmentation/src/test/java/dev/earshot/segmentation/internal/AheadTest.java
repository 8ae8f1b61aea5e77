package dev.earshot.segmentation.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AheadTest {
    /** Counts to {@code last}; then ends, or fails if there is a failure. */
    private static class Counter implements Ahead.Source<Integer> {
        final AtomicInteger given = new AtomicInteger();
        final AtomicInteger closes = new AtomicInteger();
        final int last;
        final RuntimeException failure;

        Counter(int last, RuntimeException failure) {
            this.last = last;
            this.failure = failure;
        }

        @Override
        public Integer next() {
            if (given.get() == last) {
                if (failure != null) {
                    throw failure;
                }
                return null;
            }
            return given.incrementAndGet();
        }

        @Override
        public void stop() {}

        @Override
        public void close() {
            closes.incrementAndGet();
        }
    }

    private static boolean alive(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals(name));
    }

    @Test
    void itemsKeepTheirOrderAndTheSourceIsClosedOnce() {
        Counter counter = new Counter(1000, null);
        List<Integer> taken = new ArrayList<>();
        try (Ahead<Integer> ahead = new Ahead<>("counting", 3, counter)) {
            ahead.forEachRemaining(taken::add);
            assertFalse(ahead.hasNext());
        }
        assertEquals(1000, taken.size());
        for (int i = 0; i < 1000; i++) {
            assertEquals(i + 1, taken.get(i));
        }
        assertEquals(1, counter.closes.get());
        assertFalse(alive("counting"));
    }

    @Test
    void theSourceWaitsWhileEnoughLiesReady() throws InterruptedException {
        Counter counter = new Counter(Integer.MAX_VALUE, null);
        try (Ahead<Integer> ahead = new Ahead<>("bounded", 3, counter)) {
            for (int taken = 0; taken < 50; taken++) {
                Thread.sleep(2);
                // three lie ready, one waits for room
                assertTrue(counter.given.get() <= taken + 4, counter.given.get() + " read, " + taken + " taken");
                assertEquals(taken + 1, ahead.next());
            }
        }
        assertEquals(1, counter.closes.get());
        assertFalse(alive("bounded"));
    }

    @Test
    void aFailureComesOutOnceBehindWhatWasReadBefore() {
        RuntimeException broken = new IllegalStateException("broken");
        Counter counter = new Counter(2, broken);
        try (Ahead<Integer> ahead = new Ahead<>("failing", 8, counter)) {
            assertEquals(1, ahead.next());
            assertEquals(2, ahead.next());
            assertSame(broken, assertThrows(IllegalStateException.class, ahead::hasNext));
            assertFalse(ahead.hasNext());
        }
        assertEquals(1, counter.closes.get());
    }

    @Test
    void closingStopsASourceThatWaits() {
        CountDownLatch stopped = new CountDownLatch(1);
        AtomicInteger closes = new AtomicInteger();
        Ahead.Source<String> endless = new Ahead.Source<>() {
            @Override
            public String next() {
                try {
                    stopped.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return null;
            }

            @Override
            public void stop() {
                stopped.countDown();
            }

            @Override
            public void close() {
                closes.incrementAndGet();
            }
        };
        Ahead<String> ahead = new Ahead<>("endless", 1, endless);
        ahead.close();
        ahead.close();
        assertFalse(alive("endless"));
        assertEquals(1, closes.get());
        assertFalse(ahead.hasNext());
    }

    @Test
    void anInterruptedTakerIsToldAndCanStillClose() {
        Counter counter = new Counter(0, null) {
            private final CountDownLatch stopped = new CountDownLatch(1);

            @Override
            public Integer next() {
                Threads.join(Thread.ofPlatform().daemon().start(() -> {
                    try {
                        stopped.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }));
                return null;
            }

            @Override
            public void stop() {
                stopped.countDown();
            }
        };
        try (Ahead<Integer> ahead = new Ahead<>("interrupted", 1, counter)) {
            Thread.currentThread().interrupt();
            assertThrows(IllegalStateException.class, ahead::hasNext);
            assertTrue(Thread.interrupted());
        }
        assertFalse(alive("interrupted"));
    }
}
