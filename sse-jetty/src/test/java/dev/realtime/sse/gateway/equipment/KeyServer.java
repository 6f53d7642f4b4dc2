package dev.realtime.sse.gateway.equipment;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** An issuer's keys on a loopback port, and how often they were asked for. It can be away, and come back. */
public final class KeyServer implements AutoCloseable {
    private final AtomicInteger fetches = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final int port;
    private ExecutorService threads;
    private HttpServer server;
    private volatile int status = 200;
    private volatile String body = "{\"keys\":[]}";
    private volatile boolean silent;

    private KeyServer() {
        listen(0);
        port = server.getAddress().getPort();
    }

    public static KeyServer with(JWK... keys) {
        KeyServer server = new KeyServer();
        server.publish(keys);
        return server;
    }

    /** Nobody listens there yet. */
    public static KeyServer away(JWK... keys) {
        KeyServer server = with(keys);
        server.leave();
        return server;
    }

    /** These keys from now on; their public halves only. */
    public void publish(JWK... keys) {
        answer(200, new JWKSet(List.of(keys)).toString(true));
    }

    public void answer(int status, String body) {
        this.status = status;
        this.body = body;
    }

    /** Takes requests and answers none. */
    public void fallSilent() {
        silent = true;
    }

    public void leave() {
        server.stop(0);
        threads.shutdownNow();
    }

    public void comeBack() {
        listen(port);
    }

    public int fetches() {
        return fetches.get();
    }

    public String url() {
        return "http://127.0.0.1:" + port + "/keys";
    }

    private void listen(int onPort) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        server.createContext("/keys", this::serve);
        server.start();
    }

    private void serve(HttpExchange exchange) throws IOException {
        fetches.incrementAndGet();
        if (silent) {
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return;
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Location", "/keys/elsewhere");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        closed.countDown();
        leave();
    }
}
