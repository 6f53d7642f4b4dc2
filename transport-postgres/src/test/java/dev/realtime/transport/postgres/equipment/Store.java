package dev.realtime.transport.postgres.equipment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.PostgresAdapterProvider;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.spi.WritesRefusedException;
import dev.realtime.transport.testkit.RecordingSink;
import dev.realtime.transport.testkit.servers.TestPostgres;
import java.net.URI;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.flywaydb.core.Flyway;

/** A schema of its own on the shared server, and the instances on it. SQL in tests calls the schema {@code rt}. */
public final class Store implements AutoCloseable {
    public static final String ORG = "acme";

    private static final Pattern RT = Pattern.compile("\\brt\\.");
    private static final TestPostgres SERVER = TestPostgres.shared();

    private final String url;
    private final String schema;
    private final String keyPrefix = "t" + UUID.randomUUID().toString().substring(0, 8);
    private final List<Node> nodes = new ArrayList<>();

    /** An instance and what it told its sink. */
    public record Node(String name, PubSubAdapter adapter, RecordingSink sink) {
        public Node live() {
            sink.awaitStatus(State.LIVE);
            sink.awaitStarted(LogId.SHARED);
            return this;
        }

        public List<Position> publish(List<Envelope> events) throws Exception {
            return adapter.publish(events).get(20, TimeUnit.SECONDS);
        }

        public Position publish(Envelope event) throws Exception {
            return publish(List.of(event)).get(0);
        }

        /** Also after a failure: what comes while others are told of it hears it too, and is published again, as lanes do. */
        public Position publishAgain(Envelope event) throws Exception {
            long begun = System.nanoTime();
            while (true) {
                try {
                    return publish(event);
                } catch (ExecutionException e) {
                    boolean behind = (e.getCause() instanceof TransportUnavailableException told && told.isNotSent())
                            || e.getCause() instanceof WritesRefusedException;
                    if (!behind
                            || System.nanoTime() - begun
                                    > Duration.ofSeconds(20).toNanos()) {
                        throw e;
                    }
                }
            }
        }

        public void awaitIds(List<String> ids) {
            await().untilAsserted(() -> assertThat(sink.ids()).isEqualTo(ids));
        }
    }

    public Store() {
        this(SERVER.url(), SERVER.freshSchema());
    }

    public Store(String url, String schema) {
        this.url = url;
        this.schema = schema;
    }

    /** A store whose schema is there, and nobody connected. */
    public static Store migrated() {
        return migrated(new Store());
    }

    /** That one, with its schema, and nobody connected. */
    public static Store migrated(Store store) {
        store.node().adapter().close();
        store.nodes.clear();
        return store;
    }

    public static ConditionFactory await() {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10));
    }

    public static TestPostgres server() {
        return SERVER;
    }

    public String schema() {
        return schema;
    }

    /** Another instance, live. */
    public Node node() {
        return start(Map.of()).live();
    }

    /** Another instance, starting, with further settings. */
    public Node start(Map<String, String> settings) {
        return start(settings, keyPrefix);
    }

    public Node start(Map<String, String> settings, String prefix) {
        Map<String, String> all = new HashMap<>(Map.of("DATABASE_URL", url, "REALTIME_SCHEMA", schema));
        all.putAll(settings);
        String name = keyPrefix + "-" + (nodes.size() + 1);
        AdapterContext context = new AdapterContext(name, prefix, Duration.ofMinutes(10), Clock.systemUTC());
        Node node =
                new Node(name, new PostgresAdapterProvider().create(Settings.of(all), context), new RecordingSink());
        nodes.add(node);
        node.adapter().start(node.sink());
        return node;
    }

    /** A session of its own, in autocommit. */
    public Session session() throws SQLException {
        return new Session(DriverManager.getConnection(place(), credential(0), credential(1)), this::in);
    }

    /** Brings the schema to the newest version of these migrations, as the program does. */
    public void migrate(String... locations) {
        Flyway.configure()
                .dataSource(place(), credential(0), credential(1))
                .schemas(schema)
                .table("schema_history")
                .locations(locations)
                .placeholders(Map.of(
                        "schema",
                        schema,
                        "channel",
                        keyPrefix + "_events",
                        "replay_window_seconds",
                        "600",
                        "max_payload_bytes",
                        "1048576"))
                .load()
                .migrate();
    }

    private String place() {
        URI uri = URI.create(url);
        return "jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath();
    }

    private String credential(int number) {
        return URI.create(url).getUserInfo().split(":", 2)[number];
    }

    /** SQL for this schema. */
    public String in(String sql) {
        return RT.matcher(sql).replaceAll('"' + schema + "\".");
    }

    /** The log, oldest first. */
    public List<String> logged() throws SQLException {
        try (Session session = session()) {
            return session.column("select id from rt.log order by \"offset\"");
        }
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.adapter().close());
        try (Session session = session()) {
            // What a broken connection left behind at the server may still work on it.
            session.column(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like ?",
                    "realtime:" + keyPrefix + "-%");
            session.run("drop schema if exists \"" + schema + "\" cascade");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
