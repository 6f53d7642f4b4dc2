package dev.realtime.sse;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.transport.event.Event;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Streams that end in a container in every way there is, and what was wrong with it. Needs no JUnit. */
public final class EndedStreams implements Function<String, List<String>> {
    private static final Duration SOON = Duration.ofSeconds(6);
    private static final int CLIENTS = 6;
    private static final int ROUNDS = 2;
    private static final String PAYLOAD = "\"" + "x".repeat(900_000) + "\"";
    private static final EndpointOptions OPTIONS =
            EndpointOptions.DEFAULTS.withHeartbeat(Duration.ofMillis(200)).withWriteDeadline(Duration.ofMillis(500));

    private final List<String> wrong = new ArrayList<>();

    public EndedStreams() {}

    @Override
    public List<String> apply(String container) {
        try (ContainerEndpoint tried = start(container);
                Complaints complaints = new Complaints()) {
            clientsLeave(tried);
            nobodyReads(tried);
            nobodyReadsTheFarewell(tried);
            wrong.addAll(complaints.said());
        } catch (IOException e) {
            throw new AssertionError(container, e);
        }
        return wrong;
    }

    private static ContainerEndpoint start(String container) {
        return switch (container) {
            case "Tomcat" -> TomcatEndpoint.start(OPTIONS, "keepAliveTimeout", "1000");
            case "Undertow" -> UndertowEndpoint.start(OPTIONS);
            default -> JettyEndpoint.start(OPTIONS);
        };
    }

    /** Under a write, or under the next heartbeat. Others then open theirs. */
    private void clientsLeave(ContainerEndpoint tried) throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            List<Socket> leaving = readers(tried);
            if (round % 2 == 0) {
                publishMuch(tried);
            }
            for (Socket client : leaving) {
                client.setSoLinger(true, 0);
                client.close();
            }
            require(
                    "a stream is left without its client",
                    () -> tried.endpoint().streams() == 0);
            List<StreamClient> staying = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                StreamClient stream = tried.stream("?events=small");
                if (stream.statusLine().startsWith("HTTP/1.1 200")) {
                    stream.awaitLive();
                    staying.add(stream);
                }
            }
            tried.publish("small");
            for (StreamClient stream : staying) {
                StreamClient.Frame next = stream.next();
                while (next != null && (next.data() == null || !next.data().contains("\"small\""))) {
                    next = stream.next();
                }
                if (next == null) {
                    wrong.add("the stream of one who stayed has ended");
                }
                stream.close();
            }
            if (staying.size() < CLIENTS) {
                wrong.add("a stream did not open after others left");
            }
            require("a connection is left without its client", () -> tried.connections() == 0);
            require(
                    "a stream is left without its client",
                    () -> tried.endpoint().streams() == 0);
        }
    }

    private void nobodyReads(ContainerEndpoint tried) throws IOException {
        List<Socket> stalled = readers(tried);
        publishMuch(tried);
        require("a stream that nobody reads goes on", () -> tried.ended("slow") == CLIENTS);
        require("the connection of a stream that was too slow is left", () -> tried.connections() == 0);
        for (Socket client : stalled) {
            client.close();
        }
    }

    /** Half of them because the socket is full. */
    private void nobodyReadsTheFarewell(ContainerEndpoint tried) throws IOException {
        List<Socket> stalled = readers(tried);
        publishMuch(tried);
        stalled.addAll(readers(tried));
        tried.endpoint().drain(Duration.ofMillis(300));
        require("a stream is left after the drain", () -> tried.endpoint().streams() == 0);
        require("a connection is left after the drain", () -> tried.connections() == 0);
        for (Socket client : stalled) {
            client.close();
        }
    }

    private List<Socket> readers(ContainerEndpoint tried) throws IOException {
        List<Socket> clients = new ArrayList<>();
        int before = tried.endpoint().streams();
        for (int i = 0; i < CLIENTS; i++) {
            Socket socket = new Socket();
            socket.setReceiveBufferSize(4_096);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), tried.port()));
            StreamClient.send(socket, "/realtime/stream?events=big");
            clients.add(socket);
        }
        require("a stream did not open", () -> tried.endpoint().streams() == before + CLIENTS);
        return clients;
    }

    /** More than sockets take. */
    private static void publishMuch(ContainerEndpoint tried) {
        for (int i = 0; i < 6; i++) {
            tried.publish(Event.of("acme", "big").withPayload(PAYLOAD));
        }
    }

    private void require(String otherwise, BooleanSupplier condition) {
        try {
            Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(condition::getAsBoolean);
        } catch (ConditionTimeoutException e) {
            wrong.add(otherwise);
        }
    }
}
