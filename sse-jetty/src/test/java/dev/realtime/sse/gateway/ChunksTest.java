package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The gateway writes a stream's chunks past the container: they are what RFC 9112 (7.1) says, to the last byte. */
@Timeout(30)
class ChunksTest {
    private static final int EVENTS = 40;

    private final TestGateway gateway =
            TestGateway.start(options -> options.withLimits(options.limits().withLifetime(Duration.ofSeconds(4))));
    private final Socket socket = connect();

    private Socket connect() {
        try {
            return new Socket(
                    InetAddress.getLoopbackAddress(), gateway.gateway().port());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        gateway.close();
    }

    private void ask(String target) throws IOException {
        socket.getOutputStream()
                .write(("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            assertThat(next).as("the connection's end").isNotNegative();
            line.write(next);
        }
        String text = line.toString(StandardCharsets.US_ASCII);
        assertThat(text).endsWith("\r");
        return text.substring(0, text.length() - 1);
    }

    private String head() throws IOException {
        StringBuilder head = new StringBuilder();
        for (String line = line(); !line.isEmpty(); line = line()) {
            head.append(line).append('\n');
        }
        return head.toString();
    }

    /** One chunk's data, empty for the last one. */
    private String chunk() throws IOException {
        String size = line();
        assertThat(size).matches("0|[1-9a-f][0-9a-f]*|[1-9A-F][0-9A-F]*");
        byte[] data = socket.getInputStream().readNBytes(Integer.parseInt(size, 16));
        assertThat(line()).isEmpty();
        return new String(data, StandardCharsets.UTF_8);
    }

    @Test
    void chunksOfAStreamFollowOneAnotherToTheLastAndTheConnectionServesOn() throws Exception {
        ask("/realtime/stream");
        assertThat(head()).contains("200 OK").containsIgnoringCase("transfer-encoding: chunked");
        for (int i = 0; i < EVENTS; i++) {
            gateway.publish("n" + i);
        }
        // A chunk is only over when the next begins: the stream is read once it has been rotated.
        StringBuilder stream = new StringBuilder();
        for (String chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
            stream.append(chunk);
        }
        assertThat(stream).contains("event: realtime.open", "event: realtime.live", "\"rotated\"");
        int at = 0;
        for (int i = 0; i < EVENTS; i++) {
            int found = stream.indexOf("\"event\":\"n" + i + "\"", at);
            assertThat(found).as("n" + i).isGreaterThan(at);
            at = found;
        }
        ask("/healthz");
        assertThat(head()).contains("200 OK");
    }
}
