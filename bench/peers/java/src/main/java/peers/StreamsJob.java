package peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** The step of bench/job.py over the stores of one partition; the instants are a cache, made again from the rows. */
final class StreamsJob implements Processor<byte[], byte[], String, byte[]> {
    private record Due(long at, boolean report, String key) {}

    private final PriorityQueue<Due> due =
        new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparing(Due::report).thenComparing(Due::key));
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, Order> orders;
    private KeyValueStore<String, Seller> sellers;
    private long now;

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        this.context = context;
        orders = context.getStateStore("orders");
        sellers = context.getStateStore("sellers");
        try (KeyValueIterator<String, Order> rows = orders.all()) {
            rows.forEachRemaining(this::restore);
        }
        try (KeyValueIterator<String, Seller> rows = sellers.all()) {
            rows.forEachRemaining(row -> {
                if (row.value.report > 0) {
                    due.add(new Due(row.value.report, true, row.key));
                }
            });
        }
    }

    private void restore(KeyValue<String, Order> row) {
        due.add(new Due(row.value.forget, false, row.key));
        if (row.value.due > 0) {
            due.add(new Due(row.value.due, false, row.key));
        }
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        Setting.record();
        try {
            step(Event.parse(record.value()));
        } catch (IOException wrong) {
            throw new UncheckedIOException(wrong);
        }
    }

    private void step(Event event) {
        now = event.at;
        switch (event.kind) {
            case "tick" -> tick();
            case "report" -> report(event);
            case "placed" -> placed(event);
            default -> told(event);
        }
    }

    private void placed(Event event) {
        if (orders.get(event.order) != null) {
            return;
        }
        Order order = Order.placed(event);
        orders.put(event.order, order);
        due.add(new Due(order.forget, false, event.order));
        Seller seller = seller(event.seller);
        Job.count(seller.placed, event.at / Job.HOUR);
        seller.totalPlaced++;
        sellers.put(event.seller, seller);
    }

    private void told(Event event) {
        Order order = orders.get(event.order);
        if (order == null || order.ids.contains(event.id)) {
            return;
        }
        order.ids.add(event.id);
        if (event.kind.equals("requested") && order.due == 0) {
            order.due = event.at + Job.ANSWER;
            due.add(new Due(order.due, false, event.order));
        } else if (event.kind.equals("answered") && event.at <= order.due) {
            order.due = -1;
        } else if (event.kind.equals("cancelled") && !order.cancelled) {
            order.cancelled = true;
            if (event.fault) {
                fault(event);
            }
        }
        orders.put(event.order, order);
    }

    private void fault(Event event) {
        Seller seller = seller(event.seller);
        long hour = event.at / Job.HOUR;
        int faults = Job.count(seller.faults, hour), placed = Job.sum(seller.placed, hour);
        seller.totalFaults++;
        sellers.put(event.seller, seller);
        if (Job.cancelling(faults, placed)) {
            say(event.seller, "cancelling/" + event.order, event.at, faults, placed);
        }
    }

    private void report(Event event) {
        Seller seller = seller(event.seller);
        seller.report = event.at;
        sellers.put(event.seller, seller);
        due.add(new Due(event.at, true, event.seller));
    }

    private void tick() {
        while (!due.isEmpty() && due.peek().at < now) {
            Due next = due.poll();
            if (next.report) {
                conclude(next.key, sellers.get(next.key), next.at);
            } else {
                conclude(next.key, orders.get(next.key), next.at);
            }
        }
    }

    private void conclude(String key, Order order, long at) {
        if (order != null && order.due == at) {
            order.due = -1;
            orders.put(key, order);
            unanswered(key, order.seller, at);
        } else if (order != null && order.forget == at) {
            orders.delete(key);
        }
    }

    private void unanswered(String order, String name, long at) {
        Seller seller = seller(name);
        int late = Job.count(seller.late, at / Job.HOUR);
        seller.totalLate++;
        sellers.put(name, seller);
        say(name, "unanswered/" + order, at);
        if (late == Job.SLOW) {
            say(name, "slow/" + order, at, late);
        }
    }

    private void conclude(String name, Seller seller, long at) {
        if (seller.report == at) {
            seller.report = 0;
            sellers.put(name, seller);
            say(name, "report/" + name, seller.totalPlaced, seller.totalFaults, seller.totalLate);
        }
    }

    private Seller seller(String name) {
        Seller seller = sellers.get(name);
        return seller == null ? new Seller() : seller;
    }

    private void say(String seller, String id, long... numbers) {
        context.forward(new Record<>(seller, new Outcome(seller, id, numbers).json, System.currentTimeMillis()));
    }
}
