package dev.realtime.sse.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.sse.gateway.page.NotFoundServlet;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A body that comes after its head, of a request whose answer does not depend on it: the client hears the answer, and
 * knows whether its next request may go the same way.
 */
class LateBodyTest {
    private static final Pattern LENGTH = Pattern.compile("\r\ncontent-length: (\\d+)\r\n");

    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway = TestGateway.startWithTokens();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "PUT, /realtime/stream, 405",
        "POST, /realtime/stream, 405",
        "DELETE, /realtime/events, 405",
        "PUT, /healthz, 405",
        "POST, /, 405",
        "POST, /none, 404",
        "POST, /realtime/none, 404",
        "POST, /realtime/events, 401",
        "POST, /realtime/revocations, 401",
        "POST, /realtime/tickets, 401",
        "GET, /realtime/stream, 401",
        "GET, /healthz, 200",
        "HEAD, /healthz, 200",
        "OPTIONS, /realtime/events, 204",
        "GET, /none, 404",
    })
    void theNextRequestIsAnsweredUnlessTheConnectionWasSaidToClose(String method, String path, int status)
            throws IOException {
        for (boolean chunked : new boolean[] {false, true}) {
            try (Socket socket = open()) {
                isAnsweredOnceItsBodyCame(socket, method, path, chunked, status, "");
            }
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({"POST, /realtime/tickets, 201", "POST, /realtime/events, 415", "PUT, /realtime/stream, 405"})
    void theSameHoldsForWhoHasACredential(String method, String path, int status) throws IOException {
        String bearer = "Authorization: " + TestGateway.bearer("acme") + "\r\n";
        for (boolean chunked : new boolean[] {false, true}) {
            try (Socket socket = open()) {
                isAnsweredOnceItsBodyCame(socket, method, path, chunked, status, bearer);
            }
        }
    }

    private static void isAnsweredOnceItsBodyCame(
            Socket socket, String method, String path, boolean chunked, int status, String headers) throws IOException {
        say(socket, method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + bodyHeader(chunked) + "\r\n");
        String early = headIfItComesWithin(socket, 100);
        sayEvenIfNobodyListens(socket, chunked ? "3\r\nabc\r\n0\r\n\r\n" : "abc");
        String head = early == null ? head(socket) : early;
        assertThat(head).startsWith("http/1.1 " + status + " ");
        skipBody(socket, method, head);
        if (head.contains("\r\nconnection: close\r\n")) {
            assertThat(nothingFollows(socket)).isTrue();
        } else {
            say(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(head(socket)).startsWith("http/1.1 200 ");
        }
    }

    @Test
    void aRefusedRequestWhoseBodyDoesNotComeIsAnsweredAllTheSame() throws IOException {
        try (Socket socket = open()) {
            say(socket, "POST /realtime/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab");
            socket.setSoTimeout(20_000);
            assertThat(head(socket)).startsWith("http/1.1 401 ").contains("\r\nconnection: close\r\n");
        }
    }

    @Test
    void whoWaitsToBeAskedForABodyIsRefusedBeforeIt() throws IOException {
        try (Socket socket = open()) {
            String head = "Host: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
            say(socket, "POST /realtime/events HTTP/1.1\r\n" + head);
            socket.setSoTimeout(3_000); // well before the deadline of a body
            assertThat(head(socket)).startsWith("http/1.1 401 ").contains("\r\nconnection: close\r\n");
        }
    }

    @Test
    void whereNothingMayWaitForABodyTheConnectionIsSaidToClose() throws Exception {
        Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ServletContextHandler context = new ServletContextHandler();
        ServletHolder holder = new ServletHolder(new NotFoundServlet());
        holder.setAsyncSupported(false);
        context.addServlet(holder, "/");
        server.setHandler(context);
        server.start();
        try (Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), ((NetworkConnector) server.getConnectors()[0]).getLocalPort())) {
            say(socket, "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n");
            socket.setSoTimeout(20_000);
            assertThat(head(socket)).startsWith("http/1.1 404 ").contains("\r\nconnection: close\r\n");
        } finally {
            server.stop();
        }
    }

    private static boolean nothingFollows(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException reset) {
            return true; // the body met a closed door
        }
    }

    private static String bodyHeader(boolean chunked) {
        return chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 3\r\n";
    }

    private static Socket open() throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().port());
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void sayEvenIfNobodyListens(Socket socket, String text) {
        try {
            say(socket, text);
        } catch (IOException closed) {
            // its answer says so, or the test fails there
        }
    }

    private static String headIfItComesWithin(Socket socket, int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            return head(socket);
        } catch (SocketTimeoutException notYet) {
            return null;
        } finally {
            socket.setSoTimeout(20_000);
        }
    }

    /** In lower case. One byte after the other: what follows is not read. */
    private static String head(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("closed after: " + head);
            }
            head.append((char) next);
        }
        return head.toString().toLowerCase(Locale.ROOT);
    }

    private static void skipBody(Socket socket, String method, String head) throws IOException {
        Matcher length = LENGTH.matcher(head);
        if (!method.equals("HEAD") && length.find()) {
            socket.getInputStream().readNBytes(Integer.parseInt(length.group(1)));
        }
    }
}
