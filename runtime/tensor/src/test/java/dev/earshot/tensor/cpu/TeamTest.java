package dev.earshot.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.OpenMp;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The hand-off of steps to workers, also with more workers than processors. */
@Timeout(120)
class TeamTest {
    private static final int JOBS = 200;

    @BeforeAll
    static void load() {
        NativeLibraries.loadOneDnn();
        OpenMp.setNumThreads(1);
    }

    private interface Body {
        void accept(Team team);
    }

    private static void withTeam(int size, Body body) {
        try (OneDnn onednn = new OneDnn();
                Team team = new Team(size, onednn, new Profile(false, 4))) {
            body.accept(team);
        }
    }

    private static Step step(int workers, java.util.function.IntConsumer share) {
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            int index = i;
            shares[i] = () -> share.accept(index);
        }
        return new Step("test", 0, shares);
    }

    @Test
    void everyStepSeesWhatTheOnesBeforeItWrote() {
        int size = 5;
        withTeam(size, team -> {
            int[] plain = new int[size]; // no atomics: only the barriers order the accesses
            int[] sums = new int[size];
            Step write = step(size, i -> plain[i]++);
            Step read = step(size, i -> sums[i] = Arrays.stream(plain).sum());
            Step[] steps = {write, read, write, read};
            for (int job = 1; job <= JOBS; job++) {
                team.run(steps, steps.length);
                int expected = 2 * job * size;
                assertTrue(Arrays.stream(sums).allMatch(sum -> sum == expected), Arrays.toString(sums));
            }
        });
    }

    @Test
    void aStepForOneWorkerRunsOnTheCaller() {
        withTeam(3, team -> {
            Thread[] ran = new Thread[1];
            team.run(new Step[] {step(1, i -> ran[0] = Thread.currentThread())}, 1);
            assertSame(Thread.currentThread(), ran[0]);
        });
    }

    @Test
    void sleepingWorkersAreWoken() {
        withTeam(3, team -> {
            AtomicInteger done = new AtomicInteger();
            Step step = step(3, i -> done.incrementAndGet());
            for (int job = 0; job < 3; job++) {
                team.run(new Step[] {step}, 1);
                pause();
            }
            assertEquals(9, done.get());
        });
    }

    private static void pause() {
        try {
            Thread.sleep(20); // long enough for every spin to end in sleep
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aFailureOfAnyWorkerReachesTheCallerAndTheTeamGoesOn() {
        withTeam(4, team -> {
            AtomicInteger later = new AtomicInteger();
            Step fails = step(4, i -> {
                if (i == 2) {
                    throw new IllegalArgumentException("share 2");
                }
            });
            Step follows = step(4, i -> later.incrementAndGet());
            IllegalStateException thrown =
                    assertThrows(IllegalStateException.class, () -> team.run(new Step[] {fails, follows}, 2));
            assertEquals("share 2", thrown.getCause().getMessage());
            assertEquals(0, later.get(), "steps after a failure are skipped");
            team.run(new Step[] {follows}, 1);
            assertEquals(4, later.get());
        });
    }

    private record Counted(PieceQueue queue, java.util.function.IntConsumer body) implements PieceTask {
        @Override
        public void piece(int index, int turn) {
            body.accept(index);
        }
    }

    /** A step whose pieces are for whoever is free. */
    private static Step inTurns(int workers, int pieces, java.util.function.IntConsumer piece) {
        Task[] shares = new Task[workers];
        Arrays.fill(shares, new Counted(new PieceQueue(pieces), piece));
        return new Step("in turns", 0, shares);
    }

    @Test
    void everyPieceIsTakenOnceInEveryRun() {
        for (int size : new int[] {2, 5}) {
            withTeam(size, team -> {
                AtomicIntegerArray taken = new AtomicIntegerArray(7);
                Step step = inTurns(size, taken.length(), taken::incrementAndGet);
                Step[] twice = {step, step};
                for (int job = 1; job <= JOBS; job++) {
                    team.run(twice, twice.length);
                    for (int piece = 0; piece < taken.length(); piece++) {
                        assertEquals(2 * job, taken.get(piece), "piece " + piece);
                    }
                }
            });
        }
    }

    @Test
    void theOthersTakeThePiecesOfAWorkerThatIsHeldUp() {
        int pieces = 9;
        withTeam(3, team -> {
            CountDownLatch others = new CountDownLatch(pieces - 1);
            Step step = inTurns(3, pieces, piece -> {
                if (piece > 0) {
                    others.countDown();
                    return;
                }
                try {
                    assertTrue(others.await(60, TimeUnit.SECONDS), "pieces left: " + others.getCount());
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            team.run(new Step[] {step}, 1);
            assertEquals(0, others.getCount());
        });
    }

    @Test
    void aPieceSeesThePiecesThatItAwaits() {
        int before = 6;
        withTeam(4, team -> {
            int[] written = new int[before]; // no atomics: the count orders the accesses
            int[] sums = new int[5];
            PieceQueue queue = new PieceQueue(before + sums.length);
            PieceCount count = new PieceCount();
            record Dependent(PieceQueue queue, PieceCount count, int[] written, int[] sums) implements PieceTask {
                @Override
                public void piece(int index, int turn) {
                    if (index < written.length) {
                        written[index]++;
                        count.add(turn);
                    } else {
                        count.await(turn, written.length);
                        sums[index - written.length] = Arrays.stream(written).sum();
                    }
                }
            }
            Task[] shares = new Task[4];
            Arrays.fill(shares, new Dependent(queue, count, written, sums));
            Step[] steps = {new Step("dependent", 0, shares)};
            for (int job = 1; job <= JOBS; job++) {
                team.run(steps, 1);
                int expected = job * before;
                assertTrue(Arrays.stream(sums).allMatch(sum -> sum == expected), Arrays.toString(sums));
            }
        });
    }

    @Test
    void aFailureLosesNoPieceOfTheNextRun() {
        withTeam(3, team -> {
            AtomicInteger done = new AtomicInteger();
            boolean[] fails = {true};
            Step step = inTurns(3, 20, piece -> {
                if (fails[0] && piece == 4) {
                    throw new IllegalArgumentException("piece 4");
                }
                done.incrementAndGet();
            });
            assertThrows(IllegalStateException.class, () -> team.run(new Step[] {step}, 1));
            fails[0] = false;
            done.set(0);
            team.run(new Step[] {step}, 1);
            assertEquals(20, done.get());
        });
    }

    @Test
    void splitCoversARangeOnMultiplesOfTheUnit() {
        for (long size : new long[] {0, 1, 15, 16, 17, 64, 1000, 1280}) {
            for (int parts : new int[] {1, 2, 3, 16}) {
                long[] bounds = new long[parts + 1];
                for (int i = 0; i <= parts; i++) {
                    bounds[i] = Binder.split(size, i, parts, 16);
                }
                assertEquals(0, bounds[0]);
                assertEquals(size, bounds[parts]);
                long[] sorted = bounds.clone();
                Arrays.sort(sorted);
                assertArrayEquals(sorted, bounds);
                assertTrue(Arrays.stream(bounds).allMatch(b -> b == size || b % 16 == 0));
            }
        }
    }
}
