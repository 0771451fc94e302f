package peers;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** The job on Kafka Streams: one processor, two in-memory stores with changelogs. Argument: the processing guarantee. */
public final class Streams {
    private Streams() {}

    public static void main(String[] arguments) throws Exception {
        if (Setting.WARM > 0) {
            KafkaStreams warm = start(arguments[0], Setting.GROUP + "-warm", Setting.OUTCOMES + "-warm");
            Setting.awaitWarm();
            warm.close();
            Setting.warmedUp();
        }
        KafkaStreams job = start(arguments[0], Setting.GROUP, Setting.OUTCOMES);
        Runtime.getRuntime().addShutdownHook(new Thread(job::close));
    }

    private static KafkaStreams start(String guarantee, String application, String outcomes) {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, Setting.BROKER);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        p.put(StreamsConfig.STATE_DIR_CONFIG, Setting.FOLDER);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, Setting.COMMIT_MS);
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), Setting.SESSION_MS);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 1000);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 * 1024);
        KafkaStreams streams = new KafkaStreams(topology(outcomes), p);
        streams.start();
        return streams;
    }

    private static Topology topology(String outcomes) {
        return new Topology()
            .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), Setting.INPUT)
            .addProcessor("job", StreamsJob::new, "in")
            .addStateStore(store("orders", serde(Order::write, Order::read)), "job")
            .addStateStore(store("sellers", serde(Seller::write, Seller::read)), "job")
            .addSink("out", outcomes, new StringSerializer(), new ByteArraySerializer(), "job");
    }

    private static <T> StoreBuilder<KeyValueStore<String, T>> store(String name, Serde<T> values) {
        return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), values);
    }

    private interface Writing<T> {
        void to(T row, DataOutputStream out) throws IOException;
    }

    private interface Reading<T> {
        T from(DataInputStream in) throws IOException;
    }

    private static <T> Serde<T> serde(Writing<T> write, Reading<T> read) {
        return Serdes.serdeFrom(
            (topic, row) -> {
                if (row == null) {
                    return null;
                }
                ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
                try {
                    write.to(row, new DataOutputStream(bytes));
                } catch (IOException impossible) {
                    throw new UncheckedIOException(impossible);
                }
                return bytes.toByteArray();
            },
            (topic, bytes) -> {
                try {
                    return bytes == null ? null : read.from(new DataInputStream(new ByteArrayInputStream(bytes)));
                } catch (IOException torn) {
                    throw new UncheckedIOException(torn);
                }
            });
    }
}
