package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {
    private static final int SILENCE_MILLIS = 200;
    private static final int PATIENCE_MILLIS = 10_000;
    private static final int END = -1;

    private EchoServer server;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        server = EchoServer.saying('a');
        proxy = TcpProxy.to("127.0.0.1", server.port());
    }

    @AfterEach
    void end() throws IOException {
        proxy.close();
        server.close();
    }

    @Test
    void carriesBytesBothWaysUntilEitherSideEnds() throws IOException {
        try (Socket client = client()) {
            assertThat(hears(client)).isEqualTo('a');
            client.getOutputStream().write('x');
            assertThat(hears(client)).isEqualTo('x');

            client.shutdownOutput();

            assertThat(hears(client)).isEqualTo(END);
            await().until(() -> proxy.connections() == 0);
        }
    }

    @Test
    void saysNothingInABlackHoleAndLosesNothingWhenHealed() throws IOException {
        try (Socket client = client()) {
            assertThat(hears(client)).isEqualTo('a');

            proxy.blackHole();
            client.getOutputStream().write('x');
            assertSilent(client);

            proxy.heal();
            assertThat(hears(client)).isEqualTo('x');
        }
    }

    @Test
    void carriesOneWayWhileTheOtherIsABlackHole() throws IOException {
        try (Socket client = client()) {
            assertThat(hears(client)).isEqualTo('a');
            proxy.blackHoleToClient();
            client.getOutputStream().write('x');
            assertSilent(client);

            proxy.heal();
            assertThat(hears(client)).isEqualTo('x');
            proxy.blackHoleToServer();
            client.getOutputStream().write('y');
            assertSilent(client);

            proxy.heal();
            assertThat(hears(client)).isEqualTo('y');
            assertThat(proxy.accepted()).isEqualTo(1);
        }
    }

    @Test
    void acceptsConnectionsIntoTheBlackHole() throws IOException {
        proxy.blackHole();
        try (Socket client = client()) {
            assertSilent(client);

            proxy.heal();
            assertThat(hears(client)).isEqualTo('a');
        }
    }

    @Test
    void resetsAllConnectionsAndTakesNewOnes() throws IOException {
        try (Socket client = client()) {
            assertThat(hears(client)).isEqualTo('a');

            proxy.resetAll();

            assertThatThrownBy(() -> hears(client))
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
            assertThat(proxy.connections()).isZero();
        }
        try (Socket client = client()) {
            assertThat(hears(client)).isEqualTo('a');
        }
    }

    @Test
    void resetsWhoComesWhileTheServerIsDown() throws IOException {
        server.close();
        try (Socket client = client()) {
            assertThatThrownBy(() -> hears(client)).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void sendsNewConnectionsToItsNewTarget() throws IOException {
        try (EchoServer other = EchoServer.saying('b');
                Socket before = client()) {
            assertThat(hears(before)).isEqualTo('a');

            proxy.retarget("127.0.0.1", other.port());

            try (Socket after = client()) {
                assertThat(hears(after)).isEqualTo('b');
            }
            before.getOutputStream().write('x');
            assertThat(hears(before)).isEqualTo('x');
        }
    }

    @Test
    void leavesNoThreadBehindOnceClosedEvenInABlackHole() throws IOException {
        try (Socket client = client()) {
            assertThat(hears(client)).isEqualTo('a');
            proxy.blackHole();
            client.getOutputStream().write('x');
            assertSilent(client);

            proxy.close();

            assertThat(hears(client)).isEqualTo(END);
            String name = "tcp-proxy-" + proxy.port() + "-";
            await().until(() -> Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith(name)));
        }
    }

    private Socket client() throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setSoTimeout(PATIENCE_MILLIS);
        return client;
    }

    private static int hears(Socket client) throws IOException {
        return client.getInputStream().read();
    }

    private static void assertSilent(Socket client) throws IOException {
        client.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> hears(client)).isInstanceOf(SocketTimeoutException.class);
        client.setSoTimeout(PATIENCE_MILLIS);
    }
}
