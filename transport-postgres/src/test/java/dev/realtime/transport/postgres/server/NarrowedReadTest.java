package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import java.net.URI;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A read that gives less than the log holds is no truth: it is named once, nothing is skipped, and it heals. */
class NarrowedReadTest {
    private static final String ALL_TABLES = "do $$ declare t regclass; begin for t in select oid from pg_class"
            + " where relnamespace = 'SCHEMA'::regnamespace and relkind = 'r' loop execute format('alter table %s"
            + " WHAT row level security', t); end loop; end $$";

    private Store store;
    private Session admin;
    private String role;

    @BeforeEach
    void create() throws SQLException {
        store = Store.migrated();
        admin = store.session();
        role = "role_" + store.schema();
        admin.run("create role " + role + " login password 'own'");
        admin.value("select rt.grant_listener('" + role + "')");
    }

    @AfterEach
    void drop() throws SQLException {
        store.close();
        admin.run("drop owned by " + role + "; drop role " + role);
        admin.close();
    }

    static Stream<Arguments> narrowings() {
        return Stream.of(
                arguments(
                        "alter table rt.log enable row level security",
                        "alter table rt.log disable row level security",
                        "row-level security"),
                arguments(ALL_TABLES.replace("WHAT", "enable"), ALL_TABLES.replace("WHAT", "disable"), "row-level"),
                arguments(
                        "create policy p on rt.log using (org_id <> 'hidden');"
                                + " alter table rt.log enable row level security",
                        "alter table rt.log disable row level security",
                        "row-level security"),
                arguments("revoke select on rt.log from ROLE", "grant select on rt.log to ROLE", "a grant is missing"));
    }

    @ParameterizedTest
    @MethodSource("narrowings")
    void whatHidesEventsIsNamedOnceAndEverythingIsHeardWhenItIsGone(String hides, String shows, String cause)
            throws Exception {
        Node node = store.start(Map.of("DATABASE_URL", url(), "REALTIME_MIGRATE", "false"))
                .live();
        node.publish(Envelopes.withId("hidden", "before"));
        node.awaitIds(List.of("before"));

        admin.run(forThis(hides));
        TransportStatus down = node.sink().awaitStatus(State.DOWN);
        admin.value("select rt.publish('hidden', 'e', id => 'meanwhile')");
        admin.value("select rt.seal(10)");
        // Whoever reads anew comes to the same end.
        Node other = store.start(Map.of("DATABASE_URL", url(), "REALTIME_MIGRATE", "false"));
        assertThat(other.sink().awaitStatus(State.DOWN).cause()).contains(cause);
        admin.run(forThis(shows));

        node.awaitIds(List.of("before", "meanwhile"));
        node.sink().awaitStatus(State.LIVE);
        other.live();
        assertThat(down.cause()).contains(cause);
        assertThat(node.sink().calls(Call.Lost.class)).isEmpty();
        assertThat(node.sink().calls(Call.Status.class))
                .filteredOn(call -> call.status().state() == State.DOWN)
                .hasSize(1);
    }

    @Test
    void whatHidesEventsFromTheOwnerIsNamedTooAndNothingStagedIsTakenForSealed() throws Exception {
        String schema = "own_" + store.schema();
        admin.run("grant create on database " + admin.value("select current_database()") + " to " + role);
        Node node = store.start(Map.of("DATABASE_URL", url(), "REALTIME_SCHEMA", schema))
                .live();
        String forced = "alter table " + schema + ".stage WHAT row level security; alter table " + schema
                + ".stage HOW force row level security";

        admin.run("create policy p on " + schema + ".stage using (org_id <> 'hidden' or"
                + " current_setting('app.everything', true) = 'on')");
        admin.run(forced.replace("WHAT", "enable").replace("HOW", ""));
        admin.run("set app.everything = 'on'");
        admin.value("select " + schema + ".publish('hidden', 'e', id => 'staged')");
        assertThat(node.sink().awaitStatus(State.DOWN).cause()).contains("row-level security", ".stage", role);

        admin.run(forced.replace("WHAT", "disable").replace("HOW", "no"));
        node.awaitIds(List.of("staged"));
        node.adapter().close();
    }

    @Test
    void aViewInTheTablesPlaceIsNamedAndWhatItMayHaveHiddenIsTold() throws Exception {
        Node node = store.node();
        String epoch = admin.value("select rt.epoch()");
        admin.run("begin; alter table rt.log rename to all_of_it;"
                + " create view rt.log as select * from rt.all_of_it where org_id <> 'hidden'; commit");
        node.publish(Envelopes.withId("hidden", "hidden"));

        assertThat(node.sink().awaitStatus(State.DOWN).cause()).contains(store.schema() + ".log", "a view or a rule");
        admin.run("begin; drop view rt.log; alter table rt.all_of_it rename to log; commit");
        assertThat(node.sink().awaitGap().reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        node.sink().awaitStatus(State.LIVE);
        node.publish(Envelopes.withId("hidden", "after"));
        node.sink().awaitId("after");
        assertThat(node.sink().calls(Call.Lost.class)).hasSize(1);
        assertThat(admin.value("select rt.epoch()"))
                .as("what is hidden is not lost")
                .isEqualTo(epoch);
    }

    @Test
    void replaysWithFewerRightsThanTheTailAreRefusedAndNamed() throws Exception {
        Node node = store.start(Map.of(
                        "DATABASE_URL", url(),
                        "DATABASE_LISTEN_URL", Store.server().url(),
                        "REALTIME_MIGRATE", "false"))
                .live();
        Position start = node.adapter().range("hidden").head();
        node.publish(Envelopes.withId("hidden", "before"));
        node.awaitIds(List.of("before"));

        admin.run("create policy p on rt.log using (org_id <> 'hidden'); alter table rt.log enable row level security");

        assertThatThrownBy(() -> node.adapter().read("hidden", start, 10))
                .isInstanceOf(TransportUnavailableException.class)
                .hasMessageContaining("row-level security");
        assertThat(node.sink().awaitStatus(State.DEGRADED).cause()).contains("row-level security", role);
        admin.run("alter table rt.log disable row level security");
        Store.await()
                .untilAsserted(() -> assertThat(node.adapter().status().state()).isEqualTo(State.LIVE));
    }

    @Test
    void eventsThatSomebodyDeletesAreOneGapAndTheLogGoesOn() throws Exception {
        Node node = store.node();
        for (int i = 1; i <= 3; i++) {
            node.publish(Envelopes.withId(Store.ORG, "e" + i));
        }
        node.awaitIds(List.of("e1", "e2", "e3"));

        admin.run("delete from rt.log where id <> 'e2'");
        node.sink().awaitGap();
        node.publish(Envelopes.withId(Store.ORG, "e4"));

        node.awaitIds(List.of("e1", "e2", "e3", "e4"));
        assertThat(node.sink().calls(Call.Lost.class)).hasSize(1);
    }

    private String forThis(String sql) {
        return sql.replace("SCHEMA", store.schema()).replace("ROLE", role);
    }

    private String url() {
        URI server = URI.create(Store.server().url());
        return "postgres://" + role + ":own@" + server.getHost() + ":" + server.getPort() + server.getPath();
    }
}
