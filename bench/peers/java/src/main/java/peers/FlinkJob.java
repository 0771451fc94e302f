package peers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** The step of bench/job.py for one seller. A timer knows its instant only, so the agenda says which orders wait for it. */
final class FlinkJob extends KeyedProcessFunction<String, Event, Outcome> {
    private transient MapState<String, Order> orders;
    private transient MapState<Long, List<String>> agenda;
    private transient ValueState<Seller> sellers;

    @Override
    public void open(OpenContext context) {
        orders = getRuntimeContext().getMapState(new MapStateDescriptor<>("orders", String.class, Order.class));
        agenda = getRuntimeContext().getMapState(
            new MapStateDescriptor<>(
                "agenda",
                Types.LONG,
                Types.LIST(Types.STRING)));
        sellers = getRuntimeContext().getState(new ValueStateDescriptor<>("seller", Seller.class));
    }

    @Override
    public void processElement(Event event, Context context, Collector<Outcome> out) throws Exception {
        switch (event.kind) {
            case "report" -> report(event, context);
            case "placed" -> placed(event, context);
            default -> told(event, context, out);
        }
    }

    private void placed(Event event, Context context) throws Exception {
        if (orders.contains(event.order)) {
            return;
        }
        Order order = Order.placed(event);
        orders.put(event.order, order);
        await(context, order.forget, event.order);
        Seller seller = seller();
        Job.count(seller.placed, event.at / Job.HOUR);
        seller.totalPlaced++;
        sellers.update(seller);
    }

    private void told(Event event, Context context, Collector<Outcome> out) throws Exception {
        Order order = orders.get(event.order);
        if (order == null || order.ids.contains(event.id)) {
            return;
        }
        order.ids.add(event.id);
        if (event.kind.equals("requested") && order.due == 0) {
            order.due = event.at + Job.ANSWER;
            await(context, order.due, event.order);
        } else if (event.kind.equals("answered") && event.at <= order.due) {
            order.due = -1;
        } else if (event.kind.equals("cancelled") && !order.cancelled) {
            order.cancelled = true;
            if (event.fault) {
                fault(event, out);
            }
        }
        orders.put(event.order, order);
    }

    private void fault(Event event, Collector<Outcome> out) throws Exception {
        Seller seller = seller();
        long hour = event.at / Job.HOUR;
        int faults = Job.count(seller.faults, hour), placed = Job.sum(seller.placed, hour);
        seller.totalFaults++;
        sellers.update(seller);
        if (Job.cancelling(faults, placed)) {
            out.collect(new Outcome(event.seller, "cancelling/" + event.order, event.at, faults, placed));
        }
    }

    private void report(Event event, Context context) throws Exception {
        Seller seller = seller();
        seller.report = event.at;
        sellers.update(seller);
        context.timerService().registerEventTimeTimer(event.at);
    }

    private void await(Context context, long at, String order) throws Exception {
        List<String> waiting = agenda.get(at);
        waiting = waiting == null ? new ArrayList<>(1) : waiting;
        waiting.add(order);
        agenda.put(at, waiting);
        context.timerService().registerEventTimeTimer(at);
    }

    @Override
    public void onTimer(long at, OnTimerContext context, Collector<Outcome> out) throws Exception {
        String name = context.getCurrentKey();
        List<String> waiting = agenda.get(at);
        if (waiting != null) {
            agenda.remove(at);
            Collections.sort(waiting);
            for (String order : waiting) {
                conclude(name, order, at, out);
            }
        }
        Seller seller = sellers.value();
        if (seller != null && seller.report == at) {
            seller.report = 0;
            sellers.update(seller);
            out.collect(new Outcome(name, "report/" + name, seller.totalPlaced, seller.totalFaults, seller.totalLate));
        }
    }

    private void conclude(String name, String key, long at, Collector<Outcome> out) throws Exception {
        Order order = orders.get(key);
        if (order == null) {
            return;
        }
        if (order.due == at) {
            order.due = -1;
            orders.put(key, order);
            unanswered(name, key, at, out);
        } else if (order.forget == at) {
            orders.remove(key);
        }
    }

    private void unanswered(String name, String order, long at, Collector<Outcome> out) throws Exception {
        Seller seller = seller();
        int late = Job.count(seller.late, at / Job.HOUR);
        seller.totalLate++;
        sellers.update(seller);
        out.collect(new Outcome(name, "unanswered/" + order, at));
        if (late == Job.SLOW) {
            out.collect(new Outcome(name, "slow/" + order, at, late));
        }
    }

    private Seller seller() throws Exception {
        Seller seller = sellers.value();
        return seller == null ? new Seller() : seller;
    }
}
