package dev.realtime.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The promise, tried before it is shown: events published through one gateway arrive on the other. It also warms both. */
final class TrialRun {
    private static final String TOPIC = "custom:demo-trial";
    private static final int EVENTS = 20;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int CREATED = 201;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Publishes one by one, each when the one before has arrived; throws {@link DemoException} if one does not. */
    void from(GatewayProcess via, GatewayProcess to) throws InterruptedException {
        URI stream = URI.create(to.address() + "/realtime/stream?topics=" + TOPIC);
        try (Stream<String> lines = http.send(request(stream).build(), HttpResponse.BodyHandlers.ofLines())
                .body()) {
            Iterator<String> arriving = lines.iterator();
            await(arriving, line -> line.equals("event: realtime.live"));
            for (int event = 0; event < EVENTS; event++) {
                String id = UUID.randomUUID().toString();
                publish(via, id);
                await(arriving, line -> line.startsWith("data:") && line.contains(id));
            }
        } catch (IOException | UncheckedIOException | NoSuchElementException e) {
            throw new DemoException("No event came from " + via.address() + " to " + to.address(), e);
        }
    }

    private void publish(GatewayProcess via, String id) throws IOException, InterruptedException {
        String event = "{\"event\":\"demo.trial\",\"topic\":\"" + TOPIC + "\",\"id\":\"" + id + "\"}";
        HttpRequest post = request(URI.create(via.address() + "/realtime/events"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(event))
                .build();
        HttpResponse<String> answer = http.send(post, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != CREATED) {
            throw new IOException("publishing was answered " + answer.statusCode() + " " + answer.body());
        }
    }

    private static HttpRequest.Builder request(URI address) {
        return HttpRequest.newBuilder(address).timeout(PATIENCE);
    }

    /** A quiet stream has a line every few seconds, so this ends. */
    private static void await(Iterator<String> arriving, Predicate<String> expected) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!expected.test(arriving.next())) {
            if (System.nanoTime() > deadline) {
                throw new IOException("nothing for " + PATIENCE.toSeconds() + " s");
            }
        }
    }
}
