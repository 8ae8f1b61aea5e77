package dev.earshot.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteBehindTest {
    private static boolean alive() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("earshot-writer"));
    }

    @Test
    void tasksRunInOrderOnAnotherThreadAndFinishWaitsForThem() {
        List<Integer> done = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        try (WriteBehind writer = new WriteBehind(2)) {
            for (int i = 0; i < 500; i++) {
                int number = i;
                writer.submit(() -> {
                    done.add(number);
                    threads.add(Thread.currentThread());
                });
            }
            writer.finish();
            assertEquals(IntStream.range(0, 500).boxed().toList(), done);
            assertEquals(1, threads.stream().distinct().count());
            assertFalse(threads.contains(Thread.currentThread()));
        }
        assertFalse(alive());
    }

    @Test
    void noMoreTasksWaitThanAllowed() throws InterruptedException {
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger given = new AtomicInteger();
        try (WriteBehind writer = new WriteBehind(2)) {
            Thread giver = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 10; i++) {
                    writer.submit(() -> await(gate));
                    given.incrementAndGet();
                }
            });
            giver.join(200);
            assertTrue(giver.isAlive());
            assertTrue(given.get() <= 3, given + " given while the first runs"); // one runs, two wait
            gate.countDown();
            giver.join();
            writer.finish();
            assertEquals(10, given.get());
        }
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aFailureDropsLaterTasksAndComesOutOnce() {
        RuntimeException full = new IllegalArgumentException("disk full");
        AtomicInteger later = new AtomicInteger();
        CountDownLatch gate = new CountDownLatch(1);
        try (WriteBehind writer = new WriteBehind(4)) {
            writer.submit(() -> {
                await(gate);
                throw full;
            });
            writer.submit(later::incrementAndGet);
            gate.countDown();
            assertSame(full, assertThrows(IllegalArgumentException.class, writer::finish));
            assertEquals(0, later.get());
            writer.submit(later::incrementAndGet);
            writer.finish();
            assertEquals(1, later.get());
        }
    }

    @Test
    void closingDropsWhatWaitsAndLeavesNoThread() {
        CountDownLatch started = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        WriteBehind writer = new WriteBehind(4);
        writer.submit(() -> {
            started.countDown();
            await(new CountDownLatch(0));
            ran.incrementAndGet();
        });
        await(started);
        writer.close();
        writer.close();
        assertEquals(1, ran.get());
        assertFalse(alive());
        assertThrows(IllegalStateException.class, () -> writer.submit(ran::incrementAndGet));
        assertThrows(IllegalStateException.class, writer::finish);
        assertThrows(IllegalArgumentException.class, () -> new WriteBehind(0));
    }
}
