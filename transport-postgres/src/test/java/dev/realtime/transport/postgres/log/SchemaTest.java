package dev.realtime.transport.postgres.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.postgres.PostgresAdapterProvider;
import dev.realtime.transport.postgres.equipment.Migrations;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the schema comes to be, and whom it is refused to. */
@ExtendWith(LeakCheck.class)
class SchemaTest {
    private static final Map<String, String> CHECKED_ONLY = Map.of("REALTIME_MIGRATE", "false");

    private final Store store = new Store();

    @AfterEach
    void drop() {
        store.close();
    }

    @Test
    void aStartThatSucceedsIsStartingThenLiveAndNothingInBetween() {
        Node node = store.node();

        assertThat(states(node)).containsExactly(State.LIVE);
    }

    @Test
    void ofTenThatStartAtOnceOnAnEmptyDatabaseOneMigratesAndAllAreLive() throws Exception {
        List<Node> nodes =
                Stream.generate(() -> store.start(Map.of())).limit(10).toList();
        nodes.forEach(Node::live);

        try (Session sql = store.session()) {
            assertThat(sql.column(
                            "select version from rt.schema_history where version is not null order by version::int"))
                    .isEqualTo(
                            Migrations.versions().stream().map(String::valueOf).toList());
        }
        assertThat(nodes).allSatisfy(node -> assertThat(states(node)).doesNotContain(State.DOWN));
        Envelope event = Envelopes.of(Store.ORG);
        nodes.get(3).publish(event);
        for (Node node : nodes) {
            node.awaitIds(List.of(event.id()));
        }
    }

    @Test
    void whoMayNotMigrateSaysSoAndWorksOnceAnotherHas() throws Exception {
        Node checking = store.start(CHECKED_ONLY);
        TransportStatus down = checking.sink().awaitStatus(State.DOWN);
        assertThat(down.cause())
                .contains("'" + store.schema() + "'", "version 0", "needs " + Migrations.newest(), "REALTIME_MIGRATE")
                .doesNotContain("\n");
        try (Session sql = store.session()) {
            assertThat(sql.truth("select to_regnamespace('" + store.schema() + "') is null"))
                    .isTrue();
        }

        Node migrating = store.node();

        checking.live();
        Envelope event = Envelopes.of(Store.ORG);
        migrating.publish(event);
        checking.awaitIds(List.of(event.id()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "create table rt.orders (id integer)",
                "create view rt.orders as select 1 as id",
                "create type rt.mood as enum ('good')",
                "create function rt.now() returns integer language sql return 1"
            })
    void aSchemaOfThatNameThatIsNotOursIsRefusedAndLeftAlone(String theirs) throws SQLException {
        try (Session sql = store.session()) {
            sql.run("create schema \"" + store.schema() + "\"").run(theirs);

            TransportStatus down = store.start(Map.of()).sink().awaitStatus(State.DOWN);

            assertThat(down.cause())
                    .contains("'" + store.schema() + "'", "not ours", "REALTIME_SCHEMA")
                    .doesNotContain("\n");
            assertThat(sql.truth("select to_regclass('rt.schema_history') is null"))
                    .isTrue();
        }
    }

    @Test
    void anEmptySchemaOfThatNameIsTaken() throws SQLException {
        try (Session sql = store.session()) {
            sql.run("create schema \"" + store.schema() + "\"");
        }

        store.node();

        assertThat(store.logged()).isEmpty();
    }

    @Test
    void aNewerSchemaIsUsedAsLongAsItAllowsThisVersion() throws Exception {
        store.node().adapter().close();
        try (Session sql = store.session()) {
            sql.run("insert into rt.schema_history (installed_rank, version, description, type, script, installed_by,"
                    + " execution_time, success) values (99, '99', 'later', 'SQL', 'V99__later.sql', 'x', 1, true)");
            sql.run("update rt.store set min_compatible = " + Migrations.newest());

            Envelope event = Envelopes.of(Store.ORG);
            Node older = store.node();
            older.publish(event);
            older.awaitIds(List.of(event.id()));

            sql.run("update rt.store set min_compatible = 98");
            Node refused = store.start(Map.of());
            TransportStatus down = refused.sink().awaitStatus(State.DOWN);
            assertThatExceptionOfType(TransportUnavailableException.class)
                    .as("what is in there may mean something else, as amid a migration")
                    .isThrownBy(() -> refused.adapter().range(Store.ORG));
            assertThat(down.cause())
                    .contains(
                            "'" + store.schema() + "'",
                            "version 99",
                            "from 98 on",
                            "this one is " + Migrations.newest())
                    .doesNotContain("\n");
        }
    }

    @Test
    void anotherKeyPrefixOnTheSameSchemaIsNamed() {
        store.start(Map.of(), "shop").live();

        TransportStatus down = store.start(Map.of(), "crm").sink().awaitStatus(State.DOWN);

        assertThat(down.cause())
                .contains("'" + store.schema() + "'", "shop_events", "crm_events", "REALTIME_KEY_PREFIX")
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select",
                "user",
                "_",
                "log",
                "schema_history",
                "public",
                "a234567890123456789012345678901234567890"
            })
    void namesThatNeedCareWork(String name) throws Exception {
        Store careful = new Store(Store.server().freshDatabase(), name);
        try (careful;
                Session sql = careful.session()) {
            Node node = careful.node();
            sql.publish("by-sql");
            node.publish(Envelopes.withId(Store.ORG, "direct"));

            node.awaitIds(List.of("by-sql", "direct"));
            assertThat(sql.value("select rt.trim(100)")).isNotEqualTo("0");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Rt",
                "pg_rt",
                "1rt",
                "r-t",
                "r\"t",
                "rt; drop",
                "ärt",
                "a234567890123456789012345678901234567890x"
            })
    void namesThatWouldNotAreRefusedAtTheStart(String name) {
        AdapterContext context = new AdapterContext("one", "realtime", Duration.ofMinutes(1), Clock.systemUTC());
        Settings settings = Settings.of(Map.of("DATABASE_URL", "postgres://ann@db", "REALTIME_SCHEMA", name));

        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> new PostgresAdapterProvider().create(settings, context))
                .withMessageContaining("REALTIME_SCHEMA")
                .withMessageContaining("a-z 0-9 _");
    }

    @Test
    void theSystemsOwnSchemaIsRefused() {
        Store system = new Store(Store.server().url(), "information_schema");

        Node node = system.start(Map.of());

        assertThat(node.sink().awaitStatus(State.DOWN).cause()).contains("'information_schema'", "not ours");
        node.adapter().close();
    }

    private static List<State> states(Node node) {
        return node.sink().calls(Call.Status.class).stream()
                .map(call -> call.status().state())
                .toList();
    }
}
