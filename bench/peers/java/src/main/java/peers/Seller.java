package peers;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Rolling counts, totals, and the instant of a report that is waiting (0: none). */
public class Seller {
    public Map<Long, Integer> placed = new HashMap<>();
    public Map<Long, Integer> faults = new HashMap<>();
    public Map<Long, Integer> late = new HashMap<>();
    public long totalPlaced, totalFaults, totalLate, report;

    void write(DataOutputStream out) throws IOException {
        window(out, placed);
        window(out, faults);
        window(out, late);
        out.writeLong(totalPlaced);
        out.writeLong(totalFaults);
        out.writeLong(totalLate);
        out.writeLong(report);
    }

    static Seller read(DataInputStream in) throws IOException {
        Seller seller = new Seller();
        window(in, seller.placed);
        window(in, seller.faults);
        window(in, seller.late);
        seller.totalPlaced = in.readLong();
        seller.totalFaults = in.readLong();
        seller.totalLate = in.readLong();
        seller.report = in.readLong();
        return seller;
    }

    private static void window(DataOutputStream out, Map<Long, Integer> window) throws IOException {
        out.writeInt(window.size());
        for (Map.Entry<Long, Integer> one : window.entrySet()) {
            out.writeLong(one.getKey());
            out.writeInt(one.getValue());
        }
    }

    private static void window(DataInputStream in, Map<Long, Integer> window) throws IOException {
        for (int left = in.readInt(); left > 0; left--) {
            window.put(in.readLong(), in.readInt());
        }
    }
}
