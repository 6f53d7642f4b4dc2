package dev.realtime.sse.gateway;

import dev.realtime.sse.gateway.port.FullHeap;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.settings.Settings;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;

/** Serves until the process is told to stop. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description =
                "Serves streams to browsers until it is told to stop. This is what runs when no command is named.",
        footer = {
            "",
            "Settings come from the environment:",
            "  PORT, HOST                 where to listen (8080, 127.0.0.1)",
            "  REALTIME_TLS_CERT_FILE     with REALTIME_TLS_KEY_FILE: PEM files for TLS and HTTP/2 by ALPN",
            "  REALTIME_TRANSPORT         memory, redis, postgres or a plugin's name (memory)",
            "  DATABASE_URL, REDIS_URL    the transport's backend",
            "  REALTIME_AUTH              jwt or none; unset on a loopback HOST: a key, printed at the start",
            "  REALTIME_JWT_SECRET        the key of HS256 tokens; also REALTIME_JWT_ISSUER, REALTIME_JWT_AUDIENCE",
            "  REALTIME_JWKS_URL          or where the keys of RS256 and ES256 tokens are",
            "  REALTIME_TICKET_SECRET     signs tickets (else derived from REALTIME_JWT_SECRET)",
            "  REALTIME_ALLOWED_ORIGINS   web origins that may read the streams, with commas between",
        })
final class ServeCommand implements Callable<Integer> {
    private final Settings settings;
    private final PrintWriter out;

    ServeCommand(Settings settings, PrintWriter out) {
        this.settings = settings;
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        Rehearsal.run();
        Supervisor supervisor = new Supervisor(Clock.systemUTC(), FullHeap.policy(settings));
        Gateway gateway = Gateway.start(settings, options -> options, supervisor);
        UnusedHeap.giveBack();
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            gateway.stop();
                            stopped.countDown();
                        },
                        "gateway-stop"));
        PubSub pubSub = gateway.pubSub();
        TransportStatus status = pubSub.status();
        out.println("Listening on " + gateway.address() + ", transport " + pubSub.transportName() + " ("
                + status.state() + (status.cause() == null ? "" : ": " + status.cause()) + "), instance "
                + pubSub.instance());
        gateway.addressWithKey().ifPresent(this::sayKey);
        stopped.await();
        return 0;
    }

    private void sayKey(URI address) {
        out.println("REALTIME_AUTH is not set: requests need the key that was made for this start. Open " + address
                + " or send the key as 'Authorization: Bearer …'");
    }
}
