package dev.realtime.system.equipment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Asks one gateway over HTTP. Every answer is searched for secrets. Thread-safe. */
public final class GatewayClient {
    static final ObjectMapper JSON = new ObjectMapper();

    private static final HttpClient HTTP = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    private final URI gateway;
    private final Map<String, String> headers;

    /** What came back. */
    public record Answer(int status, String body, String headers) {
        public JsonNode json() {
            return parsed(body);
        }

        /** The code of an error. */
        public String code() {
            return json().path("code").asText();
        }
    }

    /** What a published event became. */
    public record Acknowledged(String id, String cursor) {}

    public GatewayClient(URI gateway, Map<String, String> headers) {
        this.gateway = gateway;
        this.headers = headers;
    }

    public Answer get(String path) {
        return answer(HttpRequest.newBuilder(gateway.resolve(path)).GET());
    }

    /** Posts this JSON to {@code /realtime/events}. */
    public Answer post(String json) {
        return post("/realtime/events", json);
    }

    public Answer post(String path, String json) {
        return answer(HttpRequest.newBuilder(gateway.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    /** Posts, and demands that all of it is committed. */
    public List<Acknowledged> publish(String json) {
        Answer answer = post(json);
        if (answer.status() != 201) {
            throw new AssertionError("not committed: " + answer.status() + " " + answer.body());
        }
        return acknowledged(answer);
    }

    /** What a 201 says. */
    public static List<Acknowledged> acknowledged(Answer answer) {
        List<Acknowledged> acknowledged = new ArrayList<>();
        answer.json()
                .forEach(each -> acknowledged.add(new Acknowledged(
                        each.path("id").asText(), each.path("cursor").asText())));
        return acknowledged;
    }

    /** A new ticket, which nobody may repeat from now on. */
    public String ticket() {
        Answer answer = post("/realtime/tickets", "");
        if (answer.status() != 201) {
            throw new AssertionError("no ticket: " + answer.status() + " " + answer.body());
        }
        return Canary.watched(answer.json().path("ticket").asText());
    }

    /** The current cursor. */
    public String position() {
        return get("/realtime/position").json().path("cursor").asText();
    }

    /** The figure of this name, labels and all, as {@code /metrics} has it; 0 if it has none. */
    public double figure(String name) {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    public static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + json, e);
        }
    }

    private Answer answer(HttpRequest.Builder request) {
        headers.forEach(request::header);
        try {
            var response = HTTP.send(request.timeout(Patience.ALL).build(), BodyHandlers.ofString());
            String told = response.headers().map().toString();
            Canary.searched("an answer of " + response.uri().getPath(), told + response.body());
            return new Answer(response.statusCode(), response.body(), told);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
