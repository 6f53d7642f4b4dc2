package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over HTTP/1.1 the gateway takes a stream's connection out of the container's hands: what comes of it. */
@Timeout(60)
class HandedOverConnectionTest {
    private static final int EVENTS = 40;
    /** More than the socket's buffers hold, together. */
    private static final int LARGE_EVENTS = 400;

    private static final Pattern NUMBER = Pattern.compile("\"event\":\"n(\\d+)\"");

    private TestGateway gateway;
    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        gateway.close();
    }

    private Socket ask(String request) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().port());
        socket.setSoTimeout(20_000);
        sockets.add(socket);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String stream(String... headers) {
        return "GET /realtime/stream HTTP/1.1\r\nHost: localhost\r\n"
                + String.join("", List.of(headers).stream().map(h -> h + "\r\n").toList()) + "\r\n";
    }

    private void startRotating() {
        gateway =
                TestGateway.start(options -> options.withLimits(options.limits().withLifetime(Duration.ofSeconds(3))));
    }

    private void awaitStreams(int number) {
        await().pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(20))
                .until(() -> gateway.gateway().streams() == number);
    }

    private void publishAll() {
        for (int i = 0; i < EVENTS; i++) {
            gateway.publish("n" + i);
        }
    }

    private static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static List<Integer> numbers(String body) {
        List<Integer> numbers = new ArrayList<>();
        for (Matcher found = NUMBER.matcher(body); found.find(); ) {
            numbers.add(Integer.parseInt(found.group(1)));
        }
        return numbers;
    }

    private static void assertWhole(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n");
        String head = answer.substring(0, answer.indexOf("\r\n\r\n"));
        assertThat(head).containsIgnoringCase("connection: close").containsIgnoringCase("transfer-encoding: chunked");
        String body = chunksIn(answer.substring(head.length() + 4));
        assertThat(body).startsWith("event: realtime.open\n").contains("event: realtime.live", "\"rotated\"");
        assertThat(body).endsWith("\n\n").doesNotContain("\r");
        assertThat(numbers(body))
                .containsExactlyElementsOf(
                        java.util.stream.IntStream.range(0, EVENTS).boxed().toList());
    }

    /** What is in a body's chunks, which end with the last one and no byte later. ASCII. */
    private static String chunksIn(String body) {
        StringBuilder all = new StringBuilder();
        int at = 0;
        for (int size = 1; size > 0; ) {
            int data = body.indexOf("\r\n", at) + 2;
            size = Integer.parseInt(body.substring(at, data - 2), 16);
            all.append(body, data, data + size);
            at = data + size + 2;
            assertThat(body.substring(data + size, at)).isEqualTo("\r\n");
        }
        assertThat(body.substring(at)).as("behind the last chunk").isEmpty();
        return all.toString();
    }

    @Test
    void theBodyIsFramesInChunksToTheLastOneAndThenTheConnectionEnds() throws Exception {
        startRotating();
        Socket socket = ask(stream());
        awaitStreams(1);
        publishAll();
        assertWhole(rest(socket));
    }

    @Test
    void aClientWhoseSocketTakesLittleAtOnceReadsEveryByte() throws Exception {
        gateway = TestGateway.start();
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4_096);
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), gateway.gateway().port()));
            StreamClient.send(socket, "/realtime/stream");
            awaitStreams(1);
            String filling = "x".repeat(30_000);
            for (int i = 0; i < LARGE_EVENTS; i++) {
                gateway.post("{\"event\":\"large\",\"payload\":\"" + i + filling + "\"}");
            }
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (int i = 0; i < LARGE_EVENTS; ) {
                String line = lines.readLine();
                assertThat(line).isNotNull().doesNotContain("realtime.gap");
                if (line.contains("\"large\"")) {
                    assertThat(line).endsWith("\"payload\":\"" + i + filling + "\"}");
                    i++;
                }
            }
        }
    }

    @Test
    void whatTheClientSaysAfterItsRequestChangesNothing() throws Exception {
        startRotating();
        Socket socket = ask(stream() + stream() + "and more");
        awaitStreams(1);
        for (int i = 0; i < 200; i++) {
            socket.getOutputStream().write(stream().getBytes(StandardCharsets.US_ASCII));
        }
        publishAll();
        assertWhole(rest(socket));
    }

    @Test
    void aRequestWithABodyIsStreamedByTheContainer() throws Exception {
        startRotating();
        Socket socket = ask(stream("Content-Length: 4", "Connection: close") + "body");
        awaitStreams(1);
        publishAll();
        String answer = rest(socket);
        assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n").contains("\"rotated\"");
        assertThat(numbers(answer)).hasSize(EVENTS);
    }

    @Test
    void clientsThatLeaveWhileTheirStreamOpensLeaveNoneBehind() throws Exception {
        gateway = TestGateway.start(options -> options.withHeartbeat(EndpointOptions.LONGEST_HEARTBEAT));
        for (int i = 0; i < 300; i++) {
            try (Socket leaving = ask(stream())) {
                if (i % 3 == 1) {
                    assertThat(leaving.getInputStream().read()).isEqualTo('H');
                } else if (i % 3 == 2) {
                    leaving.setSoLinger(true, 0);
                }
            }
        }
        StreamClient stays = gateway.stream("");
        stays.awaitLive();
        awaitStreams(1);
        gateway.publish("here");
        assertThat(stays.next().data()).contains("\"here\"");
    }
}
