package peers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamUtils;
import org.apache.flink.streaming.api.environment.LocalStreamEnvironment;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The job on Flink, in its own words: keyed by seller, ticks are watermarks, clocks are event-time timers. A mini cluster, heap state,
 * exactly-once checkpoints; the sink repeats after a crash, as the job allows.
 */
public final class Flink {
    private Flink() {}

    public static void main(String[] arguments) throws Exception {
        if (Setting.WARM > 0) {
            JobClient warm = start(Setting.OUTCOMES + "-warm", Path.of(Setting.FOLDER, "warm"));
            Setting.awaitWarm();
            warm.cancel().get();
            Setting.warmedUp();
        }
        start(Setting.OUTCOMES, Path.of(Setting.FOLDER, "job"));
        Thread.currentThread().join();
    }

    private static JobClient start(String outcomes, Path checkpoints) throws Exception {
        Configuration c = new Configuration();
        c.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(Setting.COMMIT_MS));
        c.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        c.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        c.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
        c.set(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION, ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        c.set(StateBackendOptions.STATE_BACKEND, "hashmap");
        c.set(PipelineOptions.OBJECT_REUSE, true);
        c.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, Duration.ZERO);
        Optional<Path> last = last(checkpoints);
        last.ifPresent(path -> c.set(StateRecoveryOptions.SAVEPOINT_PATH, path.toUri().toString()));
        LocalStreamEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(1, c);
        WatermarkStrategy<Event> ticks = WatermarkStrategy.<Event>forGenerator(context -> new Ticks());
        DataStream<Event> events = environment
            .fromSource(source(), ticks.withTimestampAssigner((event, kafka) -> event.at), "in")
            .filter(event -> !event.kind.equals("tick"));
        // All keys are in this one task, so nothing need be shuffled, and the whole job is one chain.
        DataStreamUtils.reinterpretAsKeyedStream(events, event -> event.seller, Types.STRING)
            .process(new FlinkJob())
            .sinkTo(sink(outcomes));
        return environment.executeAsync("job");
    }

    private static KafkaSource<Event> source() {
        return KafkaSource.<Event>builder()
            .setBootstrapServers(Setting.BROKER)
            .setTopics(Setting.INPUT)
            .setGroupId(Setting.GROUP)
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setValueOnlyDeserializer(new Reading())
            .setProperty("max.poll.records", "10000")
            .setProperty("max.partition.fetch.bytes", "4194304")
            .build();
    }

    private static KafkaSink<Outcome> sink(String outcomes) {
        return KafkaSink.<Outcome>builder()
            .setBootstrapServers(Setting.BROKER)
            .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
            .setRecordSerializer(new Writing(outcomes))
            .build();
    }

    /** The latest checkpoint that was completed. */
    private static Optional<Path> last(Path checkpoints) throws IOException {
        if (!Files.exists(checkpoints)) {
            return Optional.empty();
        }
        try (Stream<Path> all = Files.walk(checkpoints)) {
            return all.filter(path -> path.endsWith("_metadata")).max(Comparator.comparing(Flink::written)).map(Path::getParent);
        }
    }

    private static FileTime written(Path path) {
        try {
            return Files.getLastModifiedTime(path);
        } catch (IOException gone) {
            return FileTime.fromMillis(0);
        }
    }

    /** Everything before a tick stands above it in its partition. */
    private static final class Ticks implements WatermarkGenerator<Event> {
        @Override
        public void onEvent(Event event, long timestamp, WatermarkOutput output) {
            if (event.kind.equals("tick")) {
                output.emitWatermark(new Watermark(event.at - 1));
            }
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {}
    }

    private record Writing(String topic) implements KafkaRecordSerializationSchema<Outcome> {
        @Override
        public ProducerRecord<byte[], byte[]> serialize(Outcome one, KafkaSinkContext context, Long timestamp) {
            return new ProducerRecord<>(topic, one.seller.getBytes(StandardCharsets.UTF_8), one.json);
        }
    }

    private static final class Reading extends AbstractDeserializationSchema<Event> {
        @Override
        public Event deserialize(byte[] json) throws IOException {
            Setting.record();
            return Event.parse(json);
        }
    }
}
