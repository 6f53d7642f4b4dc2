package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.PostgresAdapterProvider;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.Canary;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.OwnPostgres.Stop;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Whatever goes wrong, nobody hears the password. All other tests of this module are watched for it as well. */
class SecretsTest {
    @Test
    void theCanarySeesWhatIsLogged() {
        String slf4j = Canary.fresh("slf4j");
        String thrown = Canary.fresh("thrown");
        String jul = Canary.fresh("jul");

        LoggerFactory.getLogger(getClass()).debug("the password is {}", slf4j);
        LoggerFactory.getLogger(getClass())
                .debug("failed", new IllegalStateException("outer", new IllegalStateException(thrown)));
        Logger.getLogger("org.postgresql.test").fine("the password is " + jul);

        assertThat(Canary.release(slf4j))
                .singleElement()
                .asString()
                .contains(getClass().getName());
        assertThat(Canary.release(thrown)).isNotEmpty();
        assertThat(Canary.release(jul)).singleElement().asString().contains("org.postgresql.test");
    }

    @Test
    void noFailureOfAnInstanceSaysThePassword() throws Exception {
        try (OwnPostgres server = OwnPostgres.started();
                Store store = new Store(Store.server().url(), Store.server().freshSchema())) {
            URI uri = URI.create(server.url());
            assertThat(uri.getUserInfo()).contains("-canary-");
            Node node = store.start(Map.of("DATABASE_URL", server.url())).live();
            node.publish(Envelopes.withId(Store.ORG, "before"));
            assertThat(namesAt(server)).isNotEmpty().noneMatch(name -> name.contains("canary"));

            server.stop(Stop.IMMEDIATE);
            node.sink().awaitStatus(State.DOWN);
            Throwable publishing = catchThrowable(() ->
                    node.adapter().publish(Envelopes.several(Store.ORG, 1)).get(20, TimeUnit.SECONDS));
            Throwable reading = catchThrowable(() -> node.adapter().range(Store.ORG));

            assertThat(publishing).isNotNull();
            assertThat(reading).isNotNull();
            Canary.look("the failure of publish", publishing);
            Canary.look("the failure of range", reading);
            Canary.look("the status", node.adapter().status().toString());
            Canary.look("the adapter", node.adapter().toString());
            Canary.failIfFound();
        }
    }

    @Test
    void noWayThatLeadsNowhereSaysThePassword() {
        int port = URI.create(Store.server().url()).getPort();
        String secret = Canary.fresh("leads-nowhere");
        try (Store store = new Store()) {
            List<Node> nodes = Stream.of(
                            "postgres:SECRET@127.0.0.1:PORT/nowhere",
                            "nobody:SECRET@127.0.0.1:PORT/postgres",
                            "postgres:SECRET-wrong@127.0.0.1:PORT/postgres",
                            "postgres:SECRET@127.0.0.1:PORT/postgres?sslmode=verify-full",
                            "postgres:SECRET@127.0.0.1:1/postgres",
                            "postgres:SECRET@host.invalid/postgres",
                            "postgres:SECRET@127.0.0.1:1,127.0.0.1:2/postgres")
                    .map(form -> "postgres://" + form.replace("SECRET", secret).replace("PORT", "" + port))
                    .map(url -> store.start(Map.of("DATABASE_URL", url)))
                    .toList();

            assertThat(nodes)
                    .extracting(node -> node.sink().awaitStatus(State.DOWN).cause())
                    .allSatisfy(cause -> assertThat(cause).isNotBlank().doesNotContain("\n"));
            nodes.parallelStream().forEach(node -> node.adapter().close());
        }
        assertThat(Canary.release(secret)).isEmpty();
    }

    @Test
    void whatAServerQuotesOfAPasswordIsMaskedWhereverItIsShown() throws Exception {
        String quoted = "cannot take 'wq7Lx9' of nB4@wq7L or NB4%40WQ7LX9RK-2 for \"wq7Lx9Rk\" in nB4";
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Store store = new Store()) {
            CompletableFuture<Void> refusing = CompletableFuture.runAsync(() -> refuseAll(server, quoted));
            Node node = store.start(Map.of(
                    "DATABASE_URL",
                    "postgres://wq7Lx9Rk:nB4%40wq7Lx9Rk-2@127.0.0.1:" + server.getLocalPort()
                            + "/nB4?sslmode=disable"));

            assertThat(node.sink().awaitStatus(State.DOWN).cause())
                    .contains("cannot take '***' of *** or *** for \"wq7Lx9Rk\" in nB4");
            assertThat(catchThrowable(() -> node.adapter().range(Store.ORG)).getMessage())
                    .contains("cannot take '***' of *** or ***");
            assertThat(refusing).isNotDone();
            node.adapter().close();
        }
    }

    /** A server that answers every start of a session with this, until it is closed. */
    private static void refuseAll(ServerSocket server, String message) {
        byte[] fields = ("SFATAL\0C28000\0M" + message + "\0\0").getBytes(StandardCharsets.UTF_8);
        while (true) {
            try (Socket client = server.accept();
                    DataInputStream in = new DataInputStream(client.getInputStream());
                    DataOutputStream out = new DataOutputStream(client.getOutputStream())) {
                in.skipNBytes(in.readInt() - 4L);
                out.writeByte('E');
                out.writeInt(fields.length + 4);
                out.write(fields);
                out.flush();
            } catch (IOException e) {
                if (server.isClosed()) {
                    return;
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SECRET",
                "mysql://u:SECRET@db/x",
                "postgres://u:SECRET@db:99999/x",
                "postgres://u:SECRET@x@db/x",
                "postgres://u:SECRET#@db/x",
                "postgres://u:SECRET?@db/x",
                "postgres://u:a?SECRET=1@db/x",
                "postgres://u:1?SECRET=1@db/x",
                "postgres://u:SECRET/@db/x",
                "postgres://u:SECRET%@db/x",
                "postgres://u:SECRET@db/x?password=SECRET",
                "postgres://db/x?password=SECRET",
                "postgres://u@db/x?sslmode=SECRET",
                "postgres://u@db/x?sslpassword=SECRET",
                "postgres://u@db/x?sslmode=verify-ca&sslrootcert=SECRET"
            })
    void noRefusedUrlIsRepeated(String form) {
        String secret = Canary.fresh("refused").replace("-", "_");
        Canary.watched(secret);
        Settings settings = Settings.of(Map.of("DATABASE_URL", form.replace("SECRET", secret)));
        AdapterContext context = new AdapterContext("one", "realtime", Duration.ofMinutes(1), Clock.systemUTC());

        Throwable refusal = catchThrowable(() -> new PostgresAdapterProvider().create(settings, context));
        Canary.look("the refusal", refusal);

        assertThat(refusal).isInstanceOf(SettingsException.class).hasMessageStartingWith("DATABASE_URL: ");
        assertThat(Canary.release(secret)).isEmpty();
    }

    private static List<String> namesAt(OwnPostgres server) throws Exception {
        try (Session session = new Session(server.connect(), sql -> sql)) {
            return session.column("select application_name || query from pg_stat_activity"
                    + " where application_name ~ '^realtime:'");
        }
    }
}
