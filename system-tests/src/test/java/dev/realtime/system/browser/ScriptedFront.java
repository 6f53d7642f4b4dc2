package dev.realtime.system.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A proxy in front of a gateway that passes all on, unless it was told to give other answers. Thread-safe. */
final class ScriptedFront implements AutoCloseable {
    private static final String STREAM = "/realtime/stream";

    private final URI gateway;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final Queue<Integer> answers = new ConcurrentLinkedQueue<>();
    private final Set<HttpExchange> streams = ConcurrentHashMap.newKeySet();

    /** What a request for the stream said; null for headers it did not have. */
    record Asked(String lastEventId, String authorization) {}

    ScriptedFront(URI gateway) throws IOException {
        this.gateway = gateway;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    URI resolve(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort()).resolve(path);
    }

    /** What the next requests for the stream are answered, instead of a stream. */
    void answerNext(List<Integer> statuses) {
        answers.addAll(statuses);
    }

    /** Cuts the streams that are open. */
    void cut() {
        streams.forEach(HttpExchange::close);
    }

    /** All requests for the stream, in order. */
    List<Asked> asked() {
        return List.copyOf(asked);
    }

    @Override
    public void close() {
        cut();
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        boolean isStream = exchange.getRequestURI().getPath().equals(STREAM);
        Integer status = null;
        if (isStream) {
            asked.add(new Asked(
                    exchange.getRequestHeaders().getFirst("Last-Event-ID"),
                    exchange.getRequestHeaders().getFirst("Authorization")));
            status = answers.poll();
        }
        try (exchange) {
            if (status == null) {
                streams.add(exchange);
                pass(exchange);
            } else {
                exchange.sendResponseHeaders(status, -1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            streams.remove(exchange);
        }
    }

    private void pass(HttpExchange exchange) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(gateway.resolve(exchange.getRequestURI().toString()));
        String cursor = exchange.getRequestHeaders().getFirst("Last-Event-ID");
        if (cursor != null) {
            request.header("Last-Event-ID", cursor);
        }
        HttpResponse<InputStream> response = http.send(request.build(), BodyHandlers.ofInputStream());
        response.headers()
                .firstValue("Content-Type")
                .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
        exchange.sendResponseHeaders(response.statusCode(), 0);
        try (InputStream in = response.body()) {
            byte[] bytes = new byte[16_384];
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                exchange.getResponseBody().write(bytes, 0, n);
                exchange.getResponseBody().flush();
            }
        }
    }
}
