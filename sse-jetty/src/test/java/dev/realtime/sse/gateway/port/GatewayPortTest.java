package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the port asks of TCP. */
class GatewayPortTest {
    @ParameterizedTest
    @CsvSource({"15, 6, 9, 1", "30, 13, 19, 2", "5, 1, 1, 1", "1, 1, 1, 1"})
    void tcpGivesAQuietClientUpBeforeTheNextHeartbeat(int heartbeat, int least, int most, int between)
            throws Exception {
        Server server = new Server();
        GatewayPort port = GatewayPort.open(server, "127.0.0.1", 0, null, Duration.ofSeconds(heartbeat));
        server.start();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port.getLocalPort())) {
            assertThat(socket.isConnected()).isTrue();
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> port.getConnectedEndPoints().size() == 1);
            SocketChannel accepted = (SocketChannel)
                    port.getConnectedEndPoints().iterator().next().getTransport();
            assertThat(accepted.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
            assertThat(accepted.getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
            assumeTrue(accepted.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE), "not here");
            assertThat(accepted.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isBetween(least, most);
            assertThat(accepted.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL))
                    .isEqualTo(between);
            assertThat(accepted.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(5);
        } finally {
            server.stop();
        }
    }
}
