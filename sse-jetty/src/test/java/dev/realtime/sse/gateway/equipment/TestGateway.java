package dev.realtime.sse.gateway.equipment;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.gateway.Gateway;
import dev.realtime.transport.settings.Settings;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A gateway on the memory transport and any port, and a client for it. */
public final class TestGateway implements AutoCloseable {
    public static final String SECRET = "0123456789abcdef0123456789abcdef";

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final List<StreamClient> streams = new ArrayList<>();
    private final Gateway gateway;

    private TestGateway(Gateway gateway) {
        this.gateway = gateway;
    }

    /** Settings as key, value, key, value… Without authentication, unless they say otherwise. */
    public static TestGateway start(String... settings) {
        return start(options -> options, settings);
    }

    public static TestGateway start(UnaryOperator<EndpointOptions> adjust, String... settings) {
        Map<String, String> values = values(settings);
        values.putIfAbsent("REALTIME_AUTH", "none");
        return new TestGateway(Gateway.start(Settings.of(values), adjust));
    }

    /** Without a word about authentication. */
    public static TestGateway startUnsaid(String... settings) {
        return new TestGateway(Gateway.start(Settings.of(values(settings))));
    }

    private static Map<String, String> values(String... settings) {
        Map<String, String> values = new HashMap<>(Map.of("REALTIME_TRANSPORT", "memory", "PORT", "0"));
        for (int i = 0; i < settings.length; i += 2) {
            values.put(settings[i], settings[i + 1]);
        }
        return values;
    }

    public static TestGateway startWithTokens(String... more) {
        List<String> settings = new ArrayList<>(List.of("REALTIME_AUTH", "jwt", "REALTIME_JWT_SECRET", SECRET));
        settings.addAll(List.of(more));
        return start(settings.toArray(String[]::new));
    }

    public Gateway gateway() {
        return gateway;
    }

    /** Headers as name, value, name, value… */
    public HttpResponse<String> call(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(method + " " + path, e);
        }
    }

    public HttpResponse<String> get(String path, String... headers) {
        return call("GET", path, null, headers);
    }

    public HttpResponse<String> post(String body, String... headers) {
        List<String> all = new ArrayList<>(List.of("Content-Type", "application/json"));
        all.addAll(List.of(headers));
        return call("POST", "/realtime/events", body, all.toArray(String[]::new));
    }

    /** Publishes an event of this type with a payload, and returns its cursor. */
    public String publish(String type, String... headers) {
        HttpResponse<String> answer = post("{\"event\":\"" + type + "\"}", headers);
        if (answer.statusCode() != 201) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
        return answer.body().replaceAll(".*\"cursor\":\"([^\"]+)\".*", "$1");
    }

    /** Sends a request as it is, for what the JDK's client would not send; returns all that is answered. */
    public String raw(String requestLine, String... headerLines) {
        try (Socket socket = new Socket(java.net.InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.setSoTimeout(20_000);
            String headers = String.join("\r\n", headerLines);
            socket.getOutputStream()
                    .write((requestLine + "\r\nHost: localhost\r\nConnection: close\r\n" + headers
                                    + (headers.isEmpty() ? "" : "\r\n") + "\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(requestLine, e);
        }
    }

    public StreamClient stream(String query, String... headers) {
        StreamClient stream = StreamClient.open(gateway.port(), "/realtime/stream" + query, headers);
        streams.add(stream);
        return stream;
    }

    /** An Authorization header's value. */
    public static String bearer(JWTClaimsSet.Builder claims) {
        return "Bearer " + token(claims, SECRET);
    }

    public static String bearer(String organisation) {
        return bearer(new JWTClaimsSet.Builder().claim("org_id", organisation));
    }

    public static String bearer(String organisation, String user) {
        return bearer(new JWTClaimsSet.Builder().claim("org_id", organisation).subject(user));
    }

    public static String token(JWTClaimsSet.Builder claims, String secret) {
        try {
            SignedJWT jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims.build());
            jwt.sign(new MACSigner(secret));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    public static Date in(Duration time) {
        return Date.from(Instant.now().plus(time));
    }

    @Override
    public void close() {
        streams.forEach(StreamClient::close);
        gateway.close();
    }
}
