package peers;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** `due` is 0 before the first request, and -1 when its clock is closed. */
public class Order {
    public String seller;
    public long forget;
    public List<String> ids = new ArrayList<>();
    public long due;
    public boolean cancelled;

    static Order placed(Event event) {
        Order order = new Order();
        order.seller = event.seller;
        order.forget = event.at + Job.KEEP;
        order.ids.add(event.id);
        return order;
    }

    void write(DataOutputStream out) throws IOException {
        out.writeUTF(seller);
        out.writeLong(forget);
        out.writeLong(due);
        out.writeBoolean(cancelled);
        out.writeInt(ids.size());
        for (String id : ids) {
            out.writeUTF(id);
        }
    }

    static Order read(DataInputStream in) throws IOException {
        Order order = new Order();
        order.seller = in.readUTF();
        order.forget = in.readLong();
        order.due = in.readLong();
        order.cancelled = in.readBoolean();
        for (int left = in.readInt(); left > 0; left--) {
            order.ids.add(in.readUTF());
        }
        return order;
    }
}
