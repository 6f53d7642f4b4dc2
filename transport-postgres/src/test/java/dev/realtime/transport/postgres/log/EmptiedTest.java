package dev.realtime.transport.postgres.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Migrations;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Tables of ours that somebody emptied, or that a restore has brought without their rows. */
@ExtendWith(LeakCheck.class)
class EmptiedTest {
    private static final String ALL = "select string_agg(c.oid::regclass::text, ', ') from pg_class c"
            + " where c.relkind = 'r' and c.relnamespace = (select s.relnamespace from pg_class s where s.oid = 'rt.store'::regclass)";

    private final Store store = new Store();
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

    @BeforeEach
    void listen() {
        logged.list = new CopyOnWriteArrayList<>(); // who logs is another thread
        logged.start();
        root.addAppender(logged);
    }

    @AfterEach
    void drop() {
        root.detachAppender(logged);
        store.close();
    }

    @Test
    void whateverIsEmptiedEventsFlowAgainAndWhoWasAwayIsTold() throws Exception {
        Node one = store.node();
        Node other = store.node();
        try (Session sql = store.session()) {
            List<String> losses = List.of(
                    "truncate rt.store",
                    "truncate rt.floor",
                    "delete from rt.tick",
                    "truncate rt.log",
                    "truncate rt.stage, rt.tick restart identity",
                    "drop schema \"" + store.schema() + "\" cascade");
            for (String loss : losses) {
                empty(sql, loss, one, other, true);
            }
            List<String> harmless =
                    List.of("truncate rt.stage restart identity", "truncate rt.claim", "truncate rt.schema_history");
            for (String loss : harmless) {
                empty(sql, loss, one, other, false);
            }
        }
        assertThat(errors()).isEmpty();
    }

    private static void empty(Session sql, String loss, Node one, Node other, boolean tells) throws Exception {
        Position away = flows(sql, one, other);
        int told = gaps(one).size();

        sql.run(loss);

        if (tells) {
            Store.await().until(() -> gaps(one).size() > told && gaps(other).size() > told);
        }
        flows(sql, one, other);
        requireTold(one, away, tells);
    }

    @Test
    void aRestoreWithoutDataIsTakenInUseByAllInstancesAtOnceAndBeginsAnEpoch() throws Exception {
        Node before = store.node();
        Position away = before.publish(Envelopes.of(Store.ORG));
        before.adapter().close();
        try (Session sql = store.session()) {
            withoutData(sql);

            TransportStatus refused =
                    store.start(Map.of("REALTIME_MIGRATE", "false")).sink().awaitStatus(State.DOWN);
            assertThat(refused.cause())
                    .contains("'" + store.schema() + "'", "schema_history", "REALTIME_MIGRATE", "`migrate`");
            List<Node> nodes =
                    List.of(store.start(Map.of()), store.start(Map.of()), store.start(Map.of()), store.start(Map.of()));
            nodes.forEach(Node::live);
            flows(sql, nodes.get(0), nodes.get(3));

            requireTold(nodes.get(0), away, true);
            assertThat(sql.column("select version || type from rt.schema_history where version is not null"))
                    .containsExactly(Migrations.newest() + "BASELINE");
        }
        assertThat(errors()).isEmpty();
    }

    @Test
    void aLaterMigrationGoesOnFromThere(@TempDir Path later) throws Exception {
        Store.migrated(store);
        try (Session sql = store.session()) {
            assertThat(sql.value("select obj_description('rt.store'::regclass, 'pg_class')"))
                    .as("what the newest migration says")
                    .isEqualTo("realtime schema version " + Migrations.newest());
        }
        Files.writeString(later.resolve("V900__later.sql"), "create table \"${schema}\".later ()");
        try (Session sql = store.session()) {
            sql.run("delete from rt.schema_history where version = '" + Migrations.newest() + "'");
            store.node();
            withoutData(sql);
            store.node();

            store.migrate("classpath:dev/realtime/transport/postgres/migration", "filesystem:" + later);

            assertThat(sql.truth("select to_regclass('rt.later') is not null")).isTrue();
        }
    }

    @Test
    void whereNothingTellsTheVersionTheCauseSaysWhatToDo() throws Exception {
        Store.migrated(store);
        try (Session sql = store.session()) {
            withoutData(sql);
            sql.run("comment on table rt.store is null");

            assertThat(store.start(Map.of()).sink().awaitStatus(State.DOWN).cause())
                    .contains(
                            "'" + store.schema() + "'",
                            "schema_history",
                            "restore it with its data",
                            "drop the schema");
            sql.run("comment on table rt.store is 'realtime schema version 900'");
            assertThat(store.start(Map.of()).sink().awaitStatus(State.DOWN).cause())
                    .contains("version 900", "start a program of that version");
        }
        assertThat(errors()).isEmpty();
    }

    private static void withoutData(Session sql) throws SQLException {
        sql.run("truncate " + sql.value(ALL) + " restart identity").run("alter sequence rt.log_offset restart");
    }

    /** From HTTP and from SQL to both; where the newest is. */
    private static Position flows(Session sql, Node one, Node other) throws Exception {
        String direct = Envelopes.of(Store.ORG).id();
        // What was emptied a moment ago may be refused.
        Store.await().ignoreExceptions().until(() -> one.publish(Envelopes.withId(Store.ORG, direct)) != null);
        Store.await().ignoreExceptions().until(() -> sql.publish(direct + "-sql") != null);
        for (Node node : List.of(one, other)) {
            node.sink().awaitId(direct + "-sql");
            Store.await().until(() -> node.adapter().status().state() == State.LIVE);
        }
        assertThat(one.sink().ids()).contains(direct);
        return one.adapter().range(Store.ORG).head();
    }

    private static void requireTold(Node node, Position away, boolean told) {
        LogPage page = node.adapter().read(Store.ORG, away, 10);
        if (told) {
            assertThat(page)
                    .isInstanceOfSatisfying(
                            LogPage.Gap.class, gap -> assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED));
        } else {
            assertThat(page).isInstanceOf(LogPage.Entries.class);
        }
    }

    private static List<LogPage.Gap> gaps(Node node) {
        return node.sink().calls(Call.Lost.class).stream().map(Call.Lost::gap).toList();
    }

    private List<String> errors() {
        return List.copyOf(logged.list).stream()
                .filter(line -> line.getLevel() == Level.ERROR)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }
}
