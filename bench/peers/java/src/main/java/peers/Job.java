package peers;

import java.util.Map;

/** The numbers of JOB.md, and its rolling counts. */
final class Job {
    static final long HOUR = 3_600_000, ANSWER = 48 * HOUR, KEEP = 120 * HOUR;
    static final int DAY_HOURS = 24, SLOW = 3, FAULTS = 3, SHARE = 5;

    private Job() {}

    /** One more in this hour; the sum of the day that ends with it. */
    static int count(Map<Long, Integer> window, long hour) {
        window.merge(hour, 1, Integer::sum);
        window.keySet().removeIf(one -> one <= hour - DAY_HOURS);
        return sum(window, hour);
    }

    static int sum(Map<Long, Integer> window, long hour) {
        int sum = 0;
        for (Map.Entry<Long, Integer> one : window.entrySet()) {
            if (one.getKey() > hour - DAY_HOURS) {
                sum += one.getValue();
            }
        }
        return sum;
    }

    static boolean cancelling(int faults, int placed) {
        return faults >= FAULTS && faults * SHARE >= placed;
    }
}
