package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.TcpProxy;
import dev.realtime.transport.testkit.servers.TestCertificates;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code sslmode} promises, of the connections of both drivers, asked of the server itself. */
@ExtendWith(LeakCheck.class)
class TlsTest {
    /** Longer than in plaintext: Java's TLS socket waits its time-out once more when it is closed. */
    private static final Duration NOTICED = Duration.ofSeconds(13);

    private static TestCertificates authority;
    private static TestCertificates stranger;
    private static OwnPostgres secure;
    private static OwnPostgres outdated;
    private static OwnPostgres plain;

    private Store store;

    @BeforeAll
    static void startServers() {
        authority = TestCertificates.create();
        stranger = TestCertificates.create();
        secure = OwnPostgres.startedWith(authority.issue("localhost"));
        outdated = OwnPostgres.startedWith(authority.expired("localhost"));
        plain = OwnPostgres.started();
    }

    @AfterAll
    static void stopServers() {
        List.of(secure, outdated, plain).forEach(OwnPostgres::close);
        List.of(authority, stranger).forEach(TestCertificates::close);
    }

    @AfterEach
    void stop() {
        store.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sslmode=prefer",
                "sslmode=require",
                "ssl=true",
                "sslmode=require&channel_binding=prefer",
                "sslmode=require&sslrootcert=CA",
                "sslmode=verify-ca&sslrootcert=CA",
                "sslmode=verify-full&sslrootcert=CA",
                "sslmode=verify-full&sslrootcert=CA&channel_binding=require"
            })
    void everyConnectionOfBothDriversIsEncrypted(String parameters) throws Exception {
        Node node = at(secure, "localhost", parameters);

        // The driver that listens: this is its first statement, and the last for two seconds.
        Store.await().until(() -> encrypted(node, ":.*:ear", "true") == 1);
        node.live().publish(Envelopes.withId(Store.ORG, "secret"));
        node.awaitIds(List.of("secret"));

        assertThat(encrypted(node, ":.*:tail", "true")).isOne();
        assertThat(encrypted(node, "", "query ~ 'append'")).isPositive();
        try (Session server = store.session()) {
            assertThat(server.column(
                            "select pid::text from pg_stat_ssl join pg_stat_activity using (pid)"
                                    + " where application_name ~ ? and not ssl",
                            "^realtime:" + node.name()))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "secure | 127.0.0.1 | sslmode=verify-full&sslrootcert=CA | certificate is for another host name",
                "secure | localhost | sslmode=verify-full&sslrootcert=STRANGER | not from a CA that is trusted here",
                "secure | localhost | sslmode=verify-ca&sslrootcert=STRANGER | not from a CA that is trusted here",
                "secure | localhost | sslmode=require&sslrootcert=STRANGER | not from a CA that is trusted here",
                "secure | localhost | sslmode=verify-full | not from a CA that is trusted here",
                "secure | localhost | sslrootcert=system | not from a CA that is trusted here",
                "outdated | localhost | sslmode=verify-full&sslrootcert=CA | certificate has expired",
                "outdated | localhost | sslmode=verify-ca&sslrootcert=CA | certificate has expired",
                "plain | localhost | sslmode=require | does not support SSL",
                "plain | localhost | sslmode=verify-full&sslrootcert=CA | does not support SSL"
            })
    void whoIsNotTheServerThatIsAskedForIsNamedAndNeverTalkedTo(
            String which, String host, String parameters, String cause) throws Exception {
        OwnPostgres server = server(which);
        Node node = at(server, host, parameters);

        TransportStatus down = node.sink().awaitStatus(State.DOWN);

        assertThat(down.cause()).contains(host + ":" + server.port(), cause).doesNotContain("\n");
        assertNobodyIsThere(node);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "secure | 127.0.0.1 | sslmode=verify-full&sslrootcert=CA | certificate is for another host name",
                "secure | localhost | sslmode=verify-ca&sslrootcert=STRANGER | not from a CA that is trusted here",
                "outdated | localhost | sslmode=verify-ca&sslrootcert=CA | certificate has expired",
                "plain | localhost | sslmode=require | does not support SSL"
            })
    void theDriverThatListensIsAsStrict(String which, String host, String parameters, String cause) throws Exception {
        OwnPostgres server = server(which);
        store = new Store(server.url(), "tls_listen");
        Node node = store.start(Map.of("DATABASE_LISTEN_URL", url(server, host, parameters)));

        TransportStatus degraded = node.sink().awaitStatus(State.DEGRADED);

        assertThat(degraded.cause())
                .startsWith("LISTEN failed: ")
                .contains(cause)
                .doesNotContain("\n");
        try (Session session = store.session()) {
            assertThat(session.column(
                            "select query from pg_stat_activity where application_name ~ ?",
                            "^realtime:" + node.name() + ":.*:ear$"))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"p@ss%40", "a:b/c?d#e", "+ &=;[x]{y}|^", "pässwörd-€-𝄞", "'\"\\$1`"})
    void bothDriversLogInWithAnyPassword(String password) throws Exception {
        String role = "ann@" + Integer.toHexString(password.hashCode());
        try (Connection superuser = secure.connect();
                Session session = new Session(superuser, sql -> sql)) {
            session.run("create role \"" + role + "\" superuser login password '" + password.replace("'", "''") + "'");
        }
        store = new Store(secure.url(), "passwords");
        String credentials = encoded(role) + ":" + encoded(password);

        Node inUrl = store.start(Map.of(
                        "DATABASE_URL", "postgres://" + credentials + "@localhost:" + secure.port() + "/postgres"))
                .live();
        Node inParameters = store.start(Map.of(
                        "DATABASE_URL",
                        "jdbc:postgresql://localhost:" + secure.port() + "/postgres?user=" + encoded(role)
                                + "&password=" + encoded(password)))
                .live();

        inUrl.publish(Envelopes.withId(Store.ORG, "let-in"));
        inParameters.awaitIds(List.of("let-in"));
    }

    @Test
    void wrongPasswordIsNamedInOneLineWithoutIt() throws Exception {
        store = new Store(secure.url(), "wrong_password");
        Node node = store.start(
                Map.of("DATABASE_URL", "postgres://postgres:gu%40ess@localhost:" + secure.port() + "/postgres"));

        assertThat(node.sink().awaitStatus(State.DOWN).cause())
                .contains("password authentication failed", "28P01")
                .doesNotContain("gu@ess", "gu%40ess", "\n");
    }

    @Test
    void anEncryptedWayThatBreaksIsNoticedAndHeals() throws Exception {
        try (TcpProxy proxy = TcpProxy.to("localhost", secure.port())) {
            store = new Store(secure.url(), "tls_breaks");
            Node node = store.start(Map.of(
                            "DATABASE_URL",
                            "postgres://" + credentials(secure) + "@localhost:" + proxy.port()
                                    + "/postgres?sslmode=verify-full&sslrootcert=" + authority.authority()))
                    .live();

            proxy.resetAll();
            node.publish(Envelopes.withId(Store.ORG, "after-a-reset"));
            node.awaitIds(List.of("after-a-reset"));
            node.sink().awaitStatus(State.LIVE);

            proxy.blackHole();
            Store.await().atMost(NOTICED).until(() -> node.adapter().status().state() == State.DOWN);
            proxy.heal();
            Store.await().until(() -> node.adapter().status().state() == State.LIVE);
            node.publish(Envelopes.withId(Store.ORG, "after-a-black-hole"));
            node.awaitIds(List.of("after-a-reset", "after-a-black-hole"));

            proxy.blackHole();
            long begun = System.nanoTime();
            node.adapter().close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(NOTICED);
        }
    }

    private Node at(OwnPostgres server, String host, String parameters) {
        if (store == null) {
            store = new Store(server.url(), "tls");
        }
        return store.start(Map.of("DATABASE_URL", url(server, host, parameters)));
    }

    private static String url(OwnPostgres server, String host, String parameters) {
        String filled =
                parameters.replace("=CA", "=" + authority.authority()).replace("=STRANGER", "=" + stranger.authority());
        return "postgres://" + credentials(server) + "@" + host + ":" + server.port() + "/postgres?" + filled;
    }

    private static OwnPostgres server(String name) {
        return switch (name) {
            case "secure" -> secure;
            case "outdated" -> outdated;
            default -> plain;
        };
    }

    private int encrypted(Node node, String part, String condition) throws SQLException {
        try (Session server = store.session()) {
            return server.column(
                            "select pid::text from pg_stat_ssl join pg_stat_activity using (pid)"
                                    + " where application_name ~ ? and ssl and version ~ '^TLSv1[.][23]$' and "
                                    + condition,
                            "^realtime:" + node.name() + part + "$")
                    .size();
        }
    }

    /** Not in plaintext either. */
    private void assertNobodyIsThere(Node node) throws SQLException {
        try (Session server = store.session()) {
            assertThat(server.column(
                            "select pid::text from pg_stat_activity where application_name ~ ?",
                            "^realtime:" + node.name()))
                    .isEmpty();
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String credentials(OwnPostgres server) {
        return URI.create(server.url()).getRawUserInfo();
    }
}
