package dev.realtime.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** All that runs: Postgres, two gateways on it, and the page. Closed, nothing of it is left. Thread-safe. */
final class Demo implements AutoCloseable {
    private final DemoSettings settings;
    private final Progress progress;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private boolean closed;

    Demo(DemoSettings settings, Progress progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Starts all of it, and returns when the page can be opened. */
    void start() throws InterruptedException {
        settings.requireFree();
        DemoPostgres postgres = own(DemoPostgres.prepare());
        postgres.start(progress);
        progress.step("Starting gateways A and B on ports " + settings.a() + " and " + settings.b());
        GatewayProcess a = own(gateway("A", settings.a(), postgres));
        GatewayProcess b = own(gateway("B", settings.b(), postgres));
        a.awaitReady();
        b.awaitReady();
        progress.step("Publishing first events through each, until they arrive on the other");
        TrialRun trial = new TrialRun();
        trial.from(a, b);
        trial.from(b, a);
        own(DemoPage.start(settings, a.address(), b.address()));
        progress.done();
        announce(postgres, a, b);
    }

    /** Stops all of it, the last started first. Idempotent. */
    @Override
    public void close() {
        List<AutoCloseable> running = closing();
        if (running.isEmpty()) {
            return;
        }
        progress.step("Stopping");
        for (AutoCloseable part : running) {
            try {
                part.close();
            } catch (Exception e) {
                progress.say("Not stopped cleanly: " + e);
            }
        }
        progress.step("Stopped");
    }

    synchronized boolean isClosed() {
        return closed;
    }

    private synchronized List<AutoCloseable> closing() {
        closed = true;
        List<AutoCloseable> all = List.copyOf(parts);
        parts.clear();
        for (AutoCloseable part : all) {
            if (part instanceof GatewayProcess gateway) {
                gateway.askToStop();
            }
        }
        return all;
    }

    /** What has started while we were closed ends here. */
    private synchronized <T extends AutoCloseable> T own(T part) {
        parts.push(part);
        if (closed) {
            close();
            throw new DemoException("The demo was stopped while it started");
        }
        return part;
    }

    private GatewayProcess gateway(String name, int port, DemoPostgres postgres) {
        Map<String, String> environment = Map.of(
                "REALTIME_TRANSPORT",
                "postgres",
                "DATABASE_URL",
                postgres.url(),
                "REALTIME_STOP_DELAY_SECONDS",
                "0",
                "REALTIME_AUTH",
                "none", // the page has another port than the gateways, and no server that could know a key
                "REALTIME_ALLOWED_ORIGINS",
                String.join(",", settings.pageOrigins()));
        return GatewayProcess.start(name, port, environment, postgres.folder().path(), progress);
    }

    private void announce(DemoPostgres postgres, GatewayProcess a, GatewayProcess b) {
        progress.say(
                """

                Ready after %s. Open

                    %s

                Gateway A  %s
                Gateway B  %s
                Postgres   %s
                Ctrl-C stops all of it and leaves nothing behind.
                """.formatted(progress.elapsed(), settings.pageAddress(), a.address(), b.address(), postgres.url()));
    }
}
