package dev.realtime.sse.gateway;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.settings.Settings;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Opens the transport, waits a bounded time until events flow, and says how it is. Stateless. */
final class StatusCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private StatusCheck() {}

    /** Prints one fact a line; returns the exit code. */
    static int run(Settings settings, PrintWriter out) {
        GatewaySettings.requireKnown(settings);
        try (PubSub pubSub = PubSub.open(settings)) {
            TransportStatus status = awaitFlow(pubSub);
            out.println("transport  " + pubSub.transportName());
            out.println("state      " + status.state());
            out.println("cause      " + (status.cause() == null ? "-" : status.cause()));
            return status.state().flows() ? 0 : 1;
        }
    }

    /** How it is as soon as events flow, or when patience ends. */
    static TransportStatus awaitFlow(PubSub pubSub) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        TransportStatus status = pubSub.status();
        while (!status.state().flows() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            status = pubSub.status();
        }
        return status;
    }
}
