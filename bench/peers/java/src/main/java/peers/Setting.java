package peers;

import java.util.concurrent.atomic.AtomicLong;

/** What bench.compare tells the process, and the one word the process says back. */
final class Setting {
    static final String BROKER = System.getenv("BENCH_BROKER"), INPUT = System.getenv("BENCH_IN");
    static final String OUTCOMES = System.getenv("BENCH_OUT"), GROUP = System.getenv("BENCH_GROUP");
    static final String FOLDER = System.getenv("BENCH_FOLDER");
    static final long COMMIT_MS = Long.parseLong(System.getenv("BENCH_COMMIT_MS"));
    static final long WARM = Long.parseLong(System.getenv("BENCH_WARM")); // records of an untimed pass before; 0: none
    static final int SESSION_MS = 3000;

    private static final AtomicLong SEEN = new AtomicLong();
    private static volatile boolean timed = WARM == 0;

    private Setting() {}

    /** Called with every record; says `first` at the first one that is timed. */
    static void record() {
        if (SEEN.incrementAndGet() == 1 && timed) {
            System.out.println("first");
        }
    }

    /** Waits until the untimed pass has seen all its records. */
    static void awaitWarm() throws InterruptedException {
        while (SEEN.get() < WARM) {
            Thread.sleep(50);
        }
    }

    /** From here on it counts. */
    static void warmedUp() {
        SEEN.set(0);
        timed = true;
    }
}
