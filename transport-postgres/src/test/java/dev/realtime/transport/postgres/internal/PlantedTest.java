package dev.realtime.transport.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.TransactionalPublisher;
import dev.realtime.transport.postgres.internal.connect.Whereabouts;
import dev.realtime.transport.postgres.internal.listen.Timing;
import dev.realtime.transport.postgres.internal.log.EventLog;
import dev.realtime.transport.postgres.internal.log.SealerSeat;
import dev.realtime.transport.postgres.internal.publish.ClaimedKeys;
import dev.realtime.transport.postgres.internal.publish.LogWriter;
import dev.realtime.transport.postgres.internal.server.Lookout;
import dev.realtime.transport.postgres.internal.server.Survey;
import dev.realtime.transport.postgres.internal.server.Warnings;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.postgres.internal.store.Schema;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink;
import dev.realtime.transport.testkit.servers.TestPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Somebody who may only create in {@code public} plants operators, functions and types that fit our calls better than
 * those that are meant. Nothing of ours takes them.
 */
class PlantedTest {
    private static final Path MAIN = Path.of("src/main");
    private static final Pattern WORD = Pattern.compile("[a-z_][a-z0-9_]+");
    private static final String OPERATORS = "{=,<>,<,<=,>,>=,+,-,*,/,||,~,~~,->,->>,<@,@>,&&,%}";

    /** What our schema's objects need of other schemas, but for what every database has from its beginning. */
    private static final String STRANGERS = "select distinct pg_describe_object(d.refclassid, d.refobjid, 0)"
            + " from pg_depend d join (select oid, 'pg_class'::regclass as class from pg_class where relnamespace = 'rt'::regnamespace"
            + " union all select oid, 'pg_proc'::regclass from pg_proc where pronamespace = 'rt'::regnamespace"
            + " union all select r.oid, 'pg_rewrite'::regclass from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relnamespace = 'rt'::regnamespace"
            + " union all select a.oid, 'pg_attrdef'::regclass from pg_attrdef a join pg_class c on c.oid = a.adrelid where c.relnamespace = 'rt'::regnamespace"
            + " union all select oid, 'pg_constraint'::regclass from pg_constraint where connamespace = 'rt'::regnamespace"
            + " union all select oid, 'pg_type'::regclass from pg_type where typnamespace = 'rt'::regnamespace) ours"
            + " on d.classid = ours.class and d.objid = ours.oid"
            + " where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_class'::regclass,"
            + " 'pg_cast'::regclass, 'pg_collation'::regclass) and (pg_identify_object(d.refclassid, d.refobjid, 0)).schema"
            + " is distinct from 'rt'";

    private static final String UNPINNED =
            "select p.oid::regprocedure from pg_proc p where p.pronamespace = 'rt'::regnamespace"
                    + " and p.prosqlbody is null and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)";

    private String url;
    private String mallory;
    private String gateway;
    private String app;
    private Connection admin;

    @BeforeEach
    void create() throws SQLException {
        String database = TestPostgres.shared().freshSchema();
        url = TestPostgres.shared().url(database);
        try (Connection elsewhere = connection(TestPostgres.shared().url(), null)) {
            run(elsewhere, "create database " + database);
        }
        mallory = "mallory_" + database;
        gateway = "gateway_" + database;
        app = "app_" + database;
        admin = connect(null);
        run(admin, "set search_path = pg_catalog");
        run(admin, "create role " + mallory + "; grant usage, create on schema public to " + mallory);
        run(
                admin,
                "create role " + gateway + " login password 'its own'; grant create on database " + database + " to "
                        + gateway);
        run(admin, "create role " + app + " login password 'its own'; create schema app authorization " + app);
        for (String role : List.of(gateway, app)) {
            run(admin, "alter role " + role + " in database " + database + " set search_path = public, pg_catalog");
        }
    }

    @AfterEach
    void drop() throws SQLException {
        String server = TestPostgres.shared().url();
        admin.close();
        try (Connection elsewhere = connection(server, null)) {
            run(elsewhere, "drop database " + URI.create(url).getPath().substring(1) + " with (force)");
            run(elsewhere, "drop role " + mallory + "; drop role " + gateway + "; drop role " + app);
        }
    }

    @Test
    void nothingOfOursCallsWhatOthersPlanted() throws Exception {
        assertThat(plant()).isGreaterThan(5_000);
        RecordingSink sink = new RecordingSink();
        try (PostgresAdapter adapter = adapter()) {
            adapter.start(sink);
            sink.awaitStatus(State.LIVE);
            run(admin, "set role " + gateway + "; select rt.grant_publisher('" + app + "'); reset role");

            publishBySql();
            Envelope direct = Envelopes.withId("acme", "direct");
            Position at = adapter.publish(List.of(direct)).get().get(0);
            assertThat(adapter.publish(List.of(direct)).get()).containsExactly(at);
            assertThat(adapter.claim("key", Duration.ofMillis(1))).isTrue();
            adapter.read("acme", adapter.range("acme").floor(), 10);
            await().until(() -> adapter.measures().stream()
                    .anyMatch(measure -> measure.name().endsWith("log.events")
                            && !Double.isNaN(measure.value().getAsDouble())));
            run(admin, "update rt.store set home_system = 0"); // as after a restore
            try (Connection unpinned = connect(gateway)) {
                behindAPooler(unpinned);
            }
            assertThat(sink.calls(RecordingSink.Call.Status.class))
                    .extracting(call -> call.status().state())
                    .containsOnly(State.LIVE);
        }
        assertThat(one(admin, "select is_called from public.canary")).isEqualTo("f");
        assertThat(column(admin, STRANGERS)).isEmpty();
        assertThat(column(admin, UNPINNED)).isEmpty();
    }

    @Test
    void whatAnEarlierVersionTookIsMadeAnew() throws Exception {
        run(
                admin,
                "create sequence public.canary; grant usage on sequence public.canary to public; set role " + mallory);
        String body = " language plpgsql as 'begin perform pg_catalog.nextval(''public.canary''); return pg_catalog.";
        run(
                admin,
                "create function public.convert_to(text, text) returns bytea" + body
                        + "convert_to($1, $2::name); end'");
        run(
                admin,
                "create function public.convert_from(bytea, text) returns text" + body
                        + "convert_from($1, $2::name); end'");
        run(admin, "create function public.planted(float8, int4) returns float8" + body + "float8mul($1, $2); end'");
        run(
                admin,
                "create operator public.* (function = public.planted, leftarg = float8, rightarg = int4); reset role");
        migrateTo7();
        assertThat(column(admin, STRANGERS)).isNotEmpty();
        run(admin, "alter sequence public.canary restart");

        RecordingSink sink = new RecordingSink();
        try (PostgresAdapter adapter = adapter()) {
            adapter.start(sink);
            sink.awaitStatus(State.LIVE);
            run(admin, "set role " + gateway + "; select rt.grant_publisher('" + app + "'); reset role");
            publishBySql();
            run(admin, "select * from rt.events, rt.log_range, rt.watched");
        }

        assertThat(one(admin, "select is_called from public.canary")).isEqualTo("f");
        assertThat(column(admin, STRANGERS)).isEmpty();
    }

    @Test
    void whoeverMayPlantIsNamed() throws Exception {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.list = new CopyOnWriteArrayList<>(); // who logs is another thread
        log.start();
        Logger lookout = (Logger) LoggerFactory.getLogger(Lookout.class);
        lookout.addAppender(log);
        RecordingSink sink = new RecordingSink();
        try (PostgresAdapter adapter = adapter()) {
            adapter.start(sink);
            sink.awaitStatus(State.LIVE);
            run(admin, "grant create on schema public to public; grant create on schema rt to " + mallory);

            await().until(() -> List.copyOf(log.list).stream()
                            .map(ILoggingEvent::getFormattedMessage)
                            .filter(line -> line.contains("PUBLIC may create in the schema public")
                                    || line.contains(mallory + " may create in the schema rt"))
                            .distinct()
                            .count()
                    == 2);
        } finally {
            lookout.detachAppender(log);
        }
    }

    /** Every function and view that applications have, and every kind of statement on a watched table. */
    private void publishBySql() throws SQLException {
        try (Connection session = connect(app)) {
            run(session, "select rt.publish('acme', 'orders.paid', '{\"a\":1}')");
            run(
                    session,
                    "select rt.publish('acme', 'orders.paid', '{\"a\":1}'::pg_catalog.json, user_ids => '{ann,bob}')");
            run(session, "select rt.publish('acme', 'orders.paid', '{\"a\":1}'::pg_catalog.jsonb, id => 'mine')");
            run(session, "select rt.publish('acme', 'orders.paid', pg_catalog.to_json(pg_catalog.repeat('x', 5000)))");
            new TransactionalPublisher().publish(session, Event.of("acme", "orders.paid"));
            run(
                    session,
                    "create table app.orders (id pg_catalog.int4 primary key, org_id pg_catalog.text, at pg_catalog.date)");
            run(session, "select rt.watch('app.orders', condition => 'id > 0', row_limit => 2)");
            run(session, "insert into app.orders values (1, 'acme'), (2, 'acme')");
            run(session, "insert into app.orders select n, 'acme' from pg_catalog.generate_series(3, 9) n");
            run(session, "update app.orders set at = current_date where id = 1");
            run(session, "update app.orders set at = current_date where id < 3");
            run(session, "update app.orders set at = current_date");
            run(session, "delete from app.orders where id = 1");
            run(session, "delete from app.orders");
            run(session, "insert into app.orders values (1, 'acme')");
            run(session, "truncate app.orders");
            run(session, "select * from rt.watched; select rt.position(); select rt.unwatch('app.orders')");
        }
    }

    /** What a pooler carries, on a session whose path nobody has pinned. */
    private void behindAPooler(Connection unpinned) throws SQLException {
        LogWriter writer = new LogWriter("rt");
        EventLog log = new EventLog("rt");
        ClaimedKeys claimed = new ClaimedKeys("rt");
        SealerSeat seat = new SealerSeat("rt");
        Whereabouts.of(unpinned);
        new Schema(settings()).ensure(null, unpinned);
        assertThat(writer.settle(unpinned)).isTrue();
        List<Envelope> events = List.of(Envelopes.of("acme"), Envelopes.of("acme"));
        Position at = writer.append(unpinned, List.of(events), true, Long.MAX_VALUE, Duration.ofMinutes(1))
                .groups()
                .get(0)
                .positions()
                .get(0);
        writer.append(unpinned, List.of(events), true, Long.MAX_VALUE, null);
        log.read(unpinned, "acme", at, 10);
        log.read(unpinned, null, at, 10);
        assertThat(log.readNext(unpinned, at, 10)).hasSize(1);
        claimed.claim(unpinned, "key", Duration.ofHours(1));
        claimed.forgetEnded(unpinned, 10);
        seat.hasOpenStagers(unpinned);
        if (seat.take(unpinned)) {
            seat.leave(unpinned);
        }
        writer.isStaged(unpinned);
        writer.seal(unpinned);
        writer.trim(unpinned, 10);
        assertThat(Survey.of(unpinned, Survey.sql("rt")).instances()).hasSize(1);
    }

    private int plant() throws SQLException, IOException {
        try (InputStream script = PlantedTest.class.getResourceAsStream("plant.sql")) {
            run(admin, new String(script.readAllBytes(), StandardCharsets.UTF_8));
        }
        run(admin, "set role " + mallory);
        try (PreparedStatement plant = admin.prepareStatement("select pg_temp.plant(?::text[], ?::text[])")) {
            plant.setString(1, OPERATORS);
            plant.setString(2, "{" + String.join(",", words()) + "}");
            try (ResultSet planted = plant.executeQuery()) {
                planted.next();
                return planted.getInt(1);
            }
        } finally {
            run(admin, "reset role");
        }
    }

    /** Every word of our migrations and sources: the names of all functions that they call are among them. */
    private static Set<String> words() throws IOException {
        Set<String> words = new TreeSet<>();
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                WORD.matcher(Files.readString(file)).results().forEach(word -> words.add(word.group()));
            }
        }
        return words;
    }

    /** As a program did that pinned nothing. */
    private void migrateTo7() {
        Flyway.configure()
                .dataSource(jdbc(url), gateway, "its own")
                .schemas("rt")
                .table("schema_history")
                .locations("classpath:dev/realtime/transport/postgres/migration")
                .skipDefaultCallbacks(true)
                .placeholders(Map.of(
                        "schema", "rt",
                        "channel", "planted_events",
                        "replay_window_seconds", "600",
                        "max_payload_bytes", "1048576"))
                .target("7")
                .load()
                .migrate();
    }

    private PostgresAdapter adapter() {
        return new PostgresAdapter(settings(), Timing.STANDARD.faster(20), Warnings.STANDARD);
    }

    private PostgresSettings settings() {
        URI uri = URI.create(url);
        String own = "postgres://" + gateway + ":its%20own@" + uri.getHost() + ":" + uri.getPort() + uri.getPath();
        return PostgresSettings.from(
                Settings.of(Map.of("DATABASE_URL", own)),
                new AdapterContext("one", "planted", Duration.ofMinutes(10), Clock.systemUTC()));
    }

    private Connection connect(String role) throws SQLException {
        return connection(url, role);
    }

    private static Connection connection(String url, String role) throws SQLException {
        String[] superuser = URI.create(url).getUserInfo().split(":", 2);
        return role == null
                ? DriverManager.getConnection(jdbc(url), superuser[0], superuser[1])
                : DriverManager.getConnection(jdbc(url), role, "its own");
    }

    private static String jdbc(String url) {
        URI uri = URI.create(url);
        return "jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath();
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        return column(connection, sql).get(0);
    }

    private static List<String> column(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }
}
