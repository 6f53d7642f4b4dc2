package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.equipment.Migrations;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fault is named, word by word, within seconds, and heals when it is gone. */
class NamedCausesTest {
    private static final Duration SECONDS = Duration.ofSeconds(8);
    private static final String POLLED = "; events are polled for";
    private static final String COMMAND = "FATAL: terminating connection due to administrator command";

    private static OwnPostgres server;
    private static int databases;

    private String database;
    private Store store;

    @BeforeAll
    static void start() {
        server = OwnPostgres.started();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void freshDatabase() throws Exception {
        database = "db" + ++databases;
        try (Store system = new Store(server.url(), "nobodys");
                Session sql = system.session()) {
            sql.run("create database " + database);
            sql.run("drop role if exists app");
            sql.run("create role app login password 'right'");
        }
        store = new Store(server.url(database), "rt");
        store.node();
    }

    @AfterEach
    void dropRole() throws Exception {
        try (Session sql = store.session()) {
            sql.run("drop owned by app");
        }
        store.close();
    }

    static Stream<Arguments> refusals() {
        String allButSchema = "grant select on all tables in schema \"rt\" to app;"
                + " grant execute on all functions in schema \"rt\" to app";
        String all = "grant usage on schema \"rt\" to app; " + allButSchema;
        return Stream.of(
                arguments(
                        "app:wrong",
                        "select 1",
                        "the user or the password is wrong (FATAL: password authentication failed for user \"app\""
                                + " [28P01])"),
                arguments(
                        "app:right",
                        "alter role app nologin",
                        "the server does not let this user in (FATAL: role \"app\" is not permitted to log in"
                                + " [28000])"),
                arguments(
                        "app:right",
                        "alter role app connection limit 0",
                        "too many connections at the server (FATAL: too many connections for role \"app\" [53300])"),
                arguments(
                        "app:right",
                        allButSchema,
                        "a grant is missing (ERROR: permission denied for schema rt [42501])"),
                arguments(
                        "app:right",
                        all + "; revoke select on \"rt\".schema_history from app",
                        "a grant is missing (ERROR: permission denied for table schema_history [42501])"),
                arguments(
                        "app:right",
                        all + "; revoke execute on function \"rt\".is_staged() from app",
                        "a grant is missing (ERROR: permission denied for function is_staged [42501])"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void whatTheServerRefusesIsNamed(String credentials, String made, String cause) throws Exception {
        try (Session sql = store.session()) {
            sql.run(made);

            Node node = store.start(Map.of("DATABASE_URL", as(credentials, database)));

            assertCause(node, State.DOWN, place(database) + cause);
            sql.run("alter role app superuser login connection limit -1 password '"
                    + credentials.split(":")[1] + "'");
            node.live();
            sql.run("alter role app nosuperuser");
        }
    }

    @Test
    void aDatabaseThatIsNotThereIsNamed() {
        Node node = store.start(Map.of("DATABASE_URL", server.url("nowhere")));

        assertCause(
                node,
                State.DOWN,
                place("nowhere") + "there is no such database (FATAL: database \"nowhere\" does not exist [3D000])");
    }

    @Test
    void aDatabaseWithoutTheSchemaIsNamedWhereItMayNotBeMade() {
        Node node = store.start(Map.of("DATABASE_URL", server.url(), "REALTIME_MIGRATE", "false"));

        assertCause(
                node,
                State.DOWN,
                place("postgres") + "the schema 'rt' is not in the database 'postgres' (version 0, this program needs "
                        + Migrations.newest()
                        + "), and REALTIME_MIGRATE is false: run `migrate` first, if it is the right database");
    }

    @Test
    void listeningInAnotherDatabaseIsNamedAndEventsArePolledForWhereTheyArePublished() throws Exception {
        Node astray = store.start(Map.of("DATABASE_LISTEN_URL", server.url()));

        assertCause(
                astray,
                State.DEGRADED,
                "LISTEN failed: DATABASE_LISTEN_URL leads to the database 'postgres', DATABASE_URL to '" + database
                        + "': set both to the same database" + POLLED);
        astray.publish(Envelopes.withId(Store.ORG, "polled"));
        astray.awaitIds(List.of("polled"));
    }

    @Test
    void listeningAtAnotherServerIsNamed() {
        Node astray = store.start(Map.of("DATABASE_LISTEN_URL", Store.server().url()));

        assertCause(
                astray,
                State.DEGRADED,
                "LISTEN failed: DATABASE_LISTEN_URL leads to another server than DATABASE_URL: set both to the same"
                        + " database" + POLLED);
    }

    @Test
    void anEndedConnectionIsNamedAndComesBack() throws Exception {
        Node node = store.node();
        end(node, "ear");
        awaitCause(node, "the server closed the LISTEN connection" + POLLED);
        node.live();

        end(node, "tail");
        awaitCause(node, place(database) + "the server ended the connection (" + COMMAND + " [57P01])");
        node.live();
    }

    @Test
    void aServerThatIsDownIsNamedAndThenOneThatIsAStandbyUntilItIsPromoted() throws Exception {
        try (OwnPostgres own = OwnPostgres.started();
                Store there = new Store(own.url(), "rt")) {
            Node node = there.node();
            String marker;
            try (Session sql = there.session()) {
                marker = sql.value("show data_directory") + "/standby.signal";
                sql.run("copy (select '') to '" + marker + "'");
            }

            own.stop(OwnPostgres.Stop.FAST);
            assertCause(node, State.DOWN, "postgres 127.0.0.1:" + own.port() + "/postgres: connection refused");

            own.start();
            assertCause(
                    node,
                    State.DOWN,
                    "postgres 127.0.0.1:" + own.port()
                            + "/postgres: DATABASE_URL leads to a standby, which takes no events and no LISTEN: set it"
                            + " to the primary");
            try (Session sql = there.session()) {
                sql.value("select pg_promote()");
            }
            node.sink().awaitStatus(State.LIVE);
            node.publish(Envelopes.withId(Store.ORG, "promoted"));
            node.sink().awaitId("promoted");
        }
    }

    @ParameterizedTest
    @MethodSource("blackHoles")
    void aBlackHoleInOneDirectionIsNamed(boolean toServer) throws Exception {
        try (TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port())) {
            String url = server.url(database).replace(":" + server.port() + "/", ":" + proxy.port() + "/");
            Node deaf = store.start(Map.of("DATABASE_LISTEN_URL", url)).live();

            if (toServer) {
                proxy.blackHoleToServer();
            } else {
                proxy.blackHoleToClient();
            }

            String place = "postgres 127.0.0.1:" + proxy.port() + "/" + database;
            assertCause(deaf, State.DOWN, place + ": no answer in time");
            assertCause(deaf, State.DEGRADED, "LISTEN failed: no answer in time" + POLLED);
            proxy.heal();
            deaf.sink().awaitStatus(State.LIVE);
        }
    }

    static Stream<Boolean> blackHoles() {
        return Stream.of(true, false);
    }

    private void end(Node node, String role) throws Exception {
        try (Session sql = store.session()) {
            assertThat(sql.column(
                            "select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ ?",
                            "^realtime:" + node.name() + ":.*:" + role + "$"))
                    .containsExactly("t");
        }
    }

    private static String as(String credentials, String database) {
        return "postgres://" + credentials + "@127.0.0.1:" + server.port() + "/" + database;
    }

    private static String place(String database) {
        return "postgres 127.0.0.1:" + server.port() + "/" + database + ": ";
    }

    /** A status says exactly this, and is of this state. */
    private static void assertCause(Node node, State state, String cause) {
        awaitCause(node, cause);
        TransportStatus status = told(node).stream()
                .filter(each -> cause.equals(each.cause()))
                .findFirst()
                .orElseThrow();
        assertThat(status.state()).isEqualTo(state);
        assertThat(status.since()).isBeforeOrEqualTo(Instant.now());
    }

    private static void awaitCause(Node node, String cause) {
        Store.await()
                .atMost(SECONDS)
                .untilAsserted(() -> assertThat(told(node))
                        .extracting(TransportStatus::cause)
                        .contains(cause));
    }

    private static List<TransportStatus> told(Node node) {
        return node.sink().calls(Call.Status.class).stream()
                .map(Call.Status::status)
                .toList();
    }
}
