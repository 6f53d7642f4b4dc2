package dev.realtime.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** Serves the page, which talks to both gateways itself. Thread-safe. */
final class DemoPage implements AutoCloseable {
    private static final int THREADS = 8;
    private static final String SCRIPT = "text/javascript; charset=utf-8";
    private static final Map<String, Asset> ASSETS = Map.of(
            "/", new Asset("index.html", "text/html; charset=utf-8"),
            "/demo.css", new Asset("demo.css", "text/css; charset=utf-8"),
            "/demo.js", new Asset("demo.js", SCRIPT),
            "/instance.js", new Asset("instance.js", SCRIPT),
            "/ledger.js", new Asset("ledger.js", SCRIPT),
            "/icon.svg", new Asset("icon.svg", "image/svg+xml"));

    private final Server server;

    private record Asset(String resource, String contentType) {}

    private DemoPage(Server server) {
        this.server = server;
    }

    /** Serves the page of these two gateways. */
    static DemoPage start(DemoSettings settings, String a, String b) {
        QueuedThreadPool threads = new QueuedThreadPool(THREADS);
        threads.setName("page");
        Server server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(DemoSettings.HOST);
        connector.setPort(settings.page());
        server.addConnector(connector);
        server.setHandler(new Assets(a, b));
        try {
            server.start();
        } catch (Exception e) {
            throw DemoSettings.taken(DemoSettings.PAGE_KEY, settings.page(), e);
        }
        return new DemoPage(server);
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("The page did not stop", e);
        }
    }

    private static final class Assets extends Handler.Abstract.NonBlocking {
        private final String a;
        private final String b;
        private final HttpField policy;

        Assets(String a, String b) {
            this.a = a;
            this.b = b;
            this.policy = new HttpField(
                    "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src " + a + " "
                            + b + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws IOException {
            Asset asset = ASSETS.get(Request.getPathInContext(request));
            if (asset == null) {
                Response.writeError(request, response, callback, HttpStatus.NOT_FOUND_404);
                return true;
            }
            response.getHeaders()
                    .put(policy)
                    .put(HttpHeader.CONTENT_TYPE, asset.contentType())
                    .put(HttpHeader.CACHE_CONTROL, "no-store")
                    .put("X-Content-Type-Options", "nosniff")
                    .put("Referrer-Policy", "no-referrer");
            response.write(true, ByteBuffer.wrap(body(asset)), callback);
            return true;
        }

        private byte[] body(Asset asset) throws IOException {
            try (InputStream in = DemoPage.class.getResourceAsStream(asset.resource())) {
                if (in == null) {
                    throw new IllegalStateException(asset.resource() + " is missing from the jar");
                }
                return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                        .replace("{{A}}", a)
                        .replace("{{B}}", b)
                        .getBytes(StandardCharsets.UTF_8);
            }
        }
    }
}
