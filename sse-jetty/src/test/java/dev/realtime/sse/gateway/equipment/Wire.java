package dev.realtime.sse.gateway.equipment;

import dev.realtime.sse.EndpointOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.client.InputStreamResponseListener;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.StringRequestContent;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;

/** The protocols that the gateway speaks. */
public enum Wire {
    HTTP_1_1(HttpClient.Version.HTTP_1_1, "HTTP_1_1"),
    /** Cleartext HTTP/2 from the first byte. */
    H2C(HttpClient.Version.HTTP_2, "HTTP/2.0"),
    /** HTTP/2 over TLS, chosen by ALPN. */
    H2(HttpClient.Version.HTTP_2, "HTTP_2"),
    HTTP_1_1_OVER_TLS(HttpClient.Version.HTTP_1_1, "HTTP_1_1");

    private static final int PATIENCE_SECONDS = 20;

    private final HttpClient.Version version;
    private final String protocol;

    Wire(HttpClient.Version version, String protocol) {
        this.version = version;
        this.protocol = protocol;
    }

    /** What {@link WireClient.Answer#protocol} says of it. */
    public String protocol() {
        return protocol;
    }

    boolean secure() {
        return this == H2 || this == HTTP_1_1_OVER_TLS;
    }

    /** Whether its client is the JDK's for HTTP/2: it forgets what nobody has read when the server says goodbye. */
    public boolean jdkHttp2() {
        return version == HttpClient.Version.HTTP_2 && this != H2C;
    }

    /** A gateway that speaks it, and asks for tokens. */
    public TestGateway start(Path folder, UnaryOperator<EndpointOptions> adjust, String... more) {
        List<String> settings =
                new ArrayList<>(List.of("REALTIME_AUTH", "jwt", "REALTIME_JWT_SECRET", TestGateway.SECRET));
        return startWith(settings, folder, adjust, more);
    }

    public TestGateway startWith(
            List<String> auth, Path folder, UnaryOperator<EndpointOptions> adjust, String... more) {
        List<String> settings = new ArrayList<>(auth);
        settings.addAll(List.of(more));
        if (secure()) {
            settings.addAll(List.of(TestCertificate.ec().settingsIn(folder)));
        }
        return TestGateway.start(adjust, settings.toArray(String[]::new));
    }

    /** A client with connections of its own. */
    public WireClient client(TestGateway gateway) {
        return client(gateway.gateway().port());
    }

    public WireClient client(int port) {
        URI address = URI.create((secure() ? "https" : "http") + "://localhost:" + port);
        return this == H2C ? new Jetty(address) : new Jdk(address, version);
    }

    /** The JDK's client. */
    private record Jdk(URI address, HttpClient http) implements WireClient {
        Jdk(URI address, HttpClient.Version version) {
            this(
                    address,
                    HttpClient.newBuilder()
                            .version(version)
                            .sslContext(TestCertificate.trusting(TestCertificate.ec()))
                            .build());
        }

        @Override
        public Answer ask(String method, String path, String body, String... headers) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path))
                    .timeout(Duration.ofSeconds(PATIENCE_SECONDS))
                    .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
            if (headers.length > 0) {
                request.headers(headers);
            }
            try {
                HttpResponse<InputStream> answer =
                        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
                Map<String, String> first = new HashMap<>();
                answer.headers().map().forEach((name, values) -> first.put(name, values.get(0)));
                return new Answer(answer.version().name(), answer.statusCode(), first, answer.body());
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(method + " " + path, e);
            }
        }

        @Override
        public void close() {
            // The JDK's client of Java 17 ends with its garbage.
        }
    }

    /** Jetty's, which knows beforehand that the server speaks HTTP/2. */
    private record Jetty(URI address, org.eclipse.jetty.client.HttpClient http) implements WireClient {
        Jetty(URI address) {
            this(address, new org.eclipse.jetty.client.HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client())));
            http.setUserAgentField(null);
            try {
                http.start();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public Answer ask(String method, String path, String body, String... headers) {
            Request request = http.newRequest(URI.create(address + path)).method(method);
            for (int i = 0; i < headers.length; i += 2) {
                String name = headers[i];
                String value = headers[i + 1];
                request.headers(all -> all.put(name, value));
            }
            if (body != null) {
                request.body(new StringRequestContent(body));
            }
            InputStreamResponseListener listener = new InputStreamResponseListener();
            request.send(listener);
            try {
                Response answer = listener.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                Map<String, String> first = new HashMap<>();
                answer.getHeaders().forEach(field -> first.putIfAbsent(field.getLowerCaseName(), field.getValue()));
                return new Answer(answer.getVersion().asString(), answer.getStatus(), first, listener.getInputStream());
            } catch (Exception e) {
                throw new AssertionError(method + " " + path, e);
            }
        }

        @Override
        public void close() {
            try {
                http.stop();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }
}
