package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.LoopbackPort;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.OwnPostgres.Stop;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A URL of several servers: both drivers are on the one that takes writes, and follow it when it moves. */
@ExtendWith(LeakCheck.class)
class SeveralServersTest {
    private static OwnPostgres primary;
    private static OwnPostgres standby;
    private static OwnPostgres readOnly;
    private static TcpProxy silent;

    private final List<OwnPostgres> servers = new ArrayList<>();
    private Store store;

    @BeforeAll
    static void startServers() {
        primary = OwnPostgres.started();
        standby = OwnPostgres.started();
        standby.stop(Stop.FAST);
        standby.startAsStandby();
        readOnly = OwnPostgres.started(Map.of("default_transaction_read_only", "on"));
        silent = TcpProxy.to("127.0.0.1", primary.port());
        silent.blackHole();
    }

    @AfterAll
    static void stopServers() {
        silent.close();
        List.of(primary, standby, readOnly).forEach(OwnPostgres::close);
    }

    @AfterEach
    void stop() {
        store.close();
        servers.forEach(OwnPostgres::close);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "STOPPED,PRIMARY",
                "SILENT,PRIMARY",
                "STANDBY,PRIMARY",
                "PRIMARY,STANDBY",
                "READ_ONLY,PRIMARY",
                "STOPPED,SILENT,STANDBY,READ_ONLY,PRIMARY"
            })
    void bothDriversFindTheOneThatTakesWrites(String hosts) throws Exception {
        store = new Store(primary.url(), "several");

        Node node = store.start(Map.of("DATABASE_URL", url(hosts, "?connect_timeout=2")))
                .live();
        node.publish(Envelopes.withId(Store.ORG, "found"));

        node.awaitIds(List.of("found"));
        assertBothDriversAreAt(primary, node);
        assertThat(connectionsOf(node, standby) + connectionsOf(node, readOnly)).isZero();
    }

    @Test
    void aServerThatIsAskedForWritesAndDoesNotTakeThemIsNamed() throws Exception {
        store = new Store(primary.url(), "asked");

        TransportStatus one = down("STANDBY", "?target_session_attrs=primary");
        TransportStatus several = down("STANDBY,READ_ONLY,STOPPED", "?target_session_attrs=any");

        assertThat(one.cause()).contains("the server is a standby").doesNotContain("\n");
        assertThat(several.cause())
                .contains(
                        standby.port() + ": the server is a standby",
                        readOnly.port() + ": the server is read-only",
                        ": connection refused")
                .doesNotContain("\n");
    }

    @Test
    void bothDriversFollowWhenAnotherServerBecomesThePrimary() throws Exception {
        OwnPostgres old = forThisTest();
        OwnPostgres next = forThisTest();
        next.stop(Stop.FAST);
        next.startAsStandby();
        store = new Store(next.url(), "moved");
        Node node = store.start(Map.of(
                        "DATABASE_URL",
                        "postgres://" + credentials(old) + "@127.0.0.1:" + old.port() + ",127.0.0.1:" + next.port()
                                + "/postgres"))
                .live();
        assertBothDriversAreAt(old, node);

        old.stop(Stop.FAST);
        node.sink().awaitStatus(State.DOWN);
        next.promote();

        Store.await().until(() -> node.adapter().status().state() == State.LIVE);
        node.publish(Envelopes.withId(Store.ORG, "moved"));
        node.sink().awaitId("moved");
        assertBothDriversAreAt(next, node);
    }

    private OwnPostgres forThisTest() {
        OwnPostgres server = OwnPostgres.started();
        servers.add(server);
        return server;
    }

    private TransportStatus down(String hosts, String parameters) {
        return store.start(Map.of("DATABASE_URL", url(hosts, parameters)))
                .sink()
                .awaitStatus(State.DOWN);
    }

    private static String url(String hosts, String parameters) {
        String filled = hosts.replace("STOPPED", "127.0.0.1:" + LoopbackPort.free())
                .replace("SILENT", "127.0.0.1:" + silent.port())
                .replace("STANDBY", "127.0.0.1:" + standby.port())
                .replace("READ_ONLY", "127.0.0.1:" + readOnly.port())
                .replace("PRIMARY", "127.0.0.1:" + primary.port());
        return "postgres://" + credentials(primary) + "@" + filled + "/postgres" + parameters;
    }

    /** LIVE says it as well: what was sent on a connection of the one was heard on that of the other. */
    private static void assertBothDriversAreAt(OwnPostgres server, Node node) throws SQLException {
        try (Connection superuser = server.connect();
                Session session = new Session(superuser, sql -> sql)) {
            assertThat(session.column(
                            "select distinct regexp_replace(application_name, ':[0-9a-f]{6}[.][^:]+', '') from pg_stat_activity where application_name ~ ?"
                                    + " order by 1",
                            "^realtime:" + node.name() + "(:|$)"))
                    .containsExactly(
                            "realtime:" + node.name(),
                            "realtime:" + node.name() + ":ear",
                            "realtime:" + node.name() + ":tail");
        }
    }

    private static int connectionsOf(Node node, OwnPostgres server) throws SQLException {
        try (Connection superuser = server.connect();
                Session session = new Session(superuser, sql -> sql)) {
            return session.column(
                            "select pid::text from pg_stat_activity where application_name ~ ?",
                            "^realtime:" + node.name())
                    .size();
        }
    }

    private static String credentials(OwnPostgres server) {
        return URI.create(server.url()).getRawUserInfo();
    }
}
