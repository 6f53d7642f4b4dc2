package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.Gateway;
import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.transport.settings.Settings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** More clients than the server has threads send a request byte by byte, each byte in time for any idle timeout. */
class Fault23SlowBodyTest {
    private static final int SLOW_ONES = 300;
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final String BODY = "{\"event\":\"slow\",\"payload\":\"" + "x".repeat(10_000) + "\"}";
    private static final String HEAD = "POST /realtime/events HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: " + BODY.length() + "\r\n\r\n";
    private static final String HALF_A_HEAD = "POST /realtime/events HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";

    private final Gateway gateway = Gateway.start(
            Settings.of(Map.of("REALTIME_TRANSPORT", "memory", "REALTIME_AUTH", "none", "PORT", "0")),
            options -> options.withPublishDeadline(DEADLINE));
    private final List<Socket> slow = new ArrayList<>();

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : slow) {
            socket.close();
        }
        gateway.close();
    }

    @Test
    @Fault(23)
    void bodiesThatTrickleInAreRefusedAtTheirDeadlineAndHoldNobodyUp() throws IOException {
        requireOthersUnaffected(HEAD, BODY);
        for (Socket socket : slow) {
            assertThat(answer(socket))
                    .startsWith("HTTP/1.1 408 ")
                    .contains("\"code\":\"body_timeout\"")
                    .endsWith("}");
        }
    }

    /** The gateway's own deadline for a head, 10 s. */
    @Test
    @Fault(23)
    void headsThatTrickleInAreCutAtTheirDeadlineAndHoldNobodyUp() throws IOException {
        requireOthersUnaffected(HALF_A_HEAD, "x".repeat(10_000));
        for (Socket socket : slow) {
            assertThat(answer(socket)).isEmpty();
        }
    }

    /** Publishes, and hears, between the bytes of all the slow ones until the server has had enough of each of them. */
    private void requireOthersUnaffected(String begin, String rest) throws IOException {
        Ledger ledger = new Ledger("default");
        GatewayClient client = new GatewayClient(gateway.address(), Map.of());
        Load load = new Load(() -> client, ledger);
        try (SseReader stream = SseReader.open(gateway.address(), GatewayPair.STREAM)) {
            for (int i = 0; i < SLOW_ONES; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
                socket.setSoTimeout((int) Patience.ALL.toMillis());
                say(socket, begin);
                slow.add(socket);
            }
            List<Socket> waiting = new ArrayList<>(slow);
            int[] said = {0};
            Patience.until("the server has had enough", () -> {
                String next = rest.substring(said[0], ++said[0]);
                waiting.removeIf(socket -> isOver(socket, next));
                load.publish(1);
                stream.awaitEvents(ledger.size());
                return waiting.isEmpty();
            });
            load.publish(1);
            stream.awaitEvents(ledger.size());
            System.out.printf(
                    "%d slow ones, %,d events meanwhile, %,d bytes each%n", SLOW_ONES, ledger.size(), said[0]);
            ledger.requireWhole(stream);
            assertThat(stream.named("realtime.open")).hasSize(1);
        }
    }

    /** Says one more byte, unless there is an answer already. */
    private static boolean isOver(Socket socket, String next) {
        try {
            if (socket.getInputStream().available() > 0) {
                return true;
            }
            say(socket, next);
            return false;
        } catch (IOException cut) {
            return true;
        }
    }

    private static void say(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** All that is answered until the connection ends. */
    private static String answer(Socket socket) {
        StringBuilder answer = new StringBuilder();
        byte[] bytes = new byte[4_096];
        try {
            for (int read = socket.getInputStream().read(bytes);
                    read >= 0;
                    read = socket.getInputStream().read(bytes)) {
                answer.append(new String(bytes, 0, read, StandardCharsets.US_ASCII));
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("still open after: " + answer, e);
        } catch (IOException reset) {
            // as good as an end
        }
        return answer.toString();
    }
}
