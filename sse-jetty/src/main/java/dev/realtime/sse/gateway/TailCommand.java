package dev.realtime.sse.gateway;

import dev.realtime.sse.gateway.auth.NoneAuthorizer;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Filter;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.settings.Settings;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints what a subscriber would get, one delivery a line. */
@Command(
        name = "tail",
        mixinStandardHelpOptions = true,
        description = "Subscribes through the transport and prints every delivery as a line, until it is stopped.")
final class TailCommand implements Callable<Integer> {
    private final Settings settings;
    private final PrintWriter out;

    @Option(names = "--org", paramLabel = "ORG", description = "The organisation (default: ${DEFAULT-VALUE}).")
    private String organisation = NoneAuthorizer.ORGANISATION;

    @Option(names = "--user", paramLabel = "USER", description = "Also what is for this user only.")
    private @Nullable String user;

    @Option(
            names = "--topics",
            split = ",",
            paramLabel = "PATTERN",
            description = "Only these topics; a trailing * is any.")
    private @Nullable List<String> topics;

    @Option(
            names = "--events",
            split = ",",
            paramLabel = "PATTERN",
            description = "Only these types; a trailing * is any.")
    private @Nullable List<String> events;

    @Option(names = "--from", paramLabel = "CURSOR", description = "Go on from here (default: now).")
    private @Nullable String cursor;

    @Option(names = "--count", paramLabel = "N", description = "Stop after so many events (default: never).")
    private long count = Long.MAX_VALUE;

    private final CountDownLatch done = new CountDownLatch(1);

    TailCommand(Settings settings, PrintWriter out) {
        this.settings = settings;
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        GatewaySettings.requireKnown(settings);
        Filter filter = new Filter(topics == null ? List.of() : topics, events == null ? List.of() : events);
        SubscribeRequest request = new SubscribeRequest(organisation, user, filter, cursor);
        ExecutorService printer = Executors.newSingleThreadExecutor();
        try (PubSub pubSub = PubSub.open(settings)) {
            Subscription subscription = pubSub.subscribe(request, printer, this::print);
            done.await();
            subscription.close();
        } finally {
            printer.shutdown();
        }
        return 0;
    }

    private void print(Delivery delivery) {
        if (count <= 0) {
            return;
        }
        out.println(line(delivery));
        boolean last = delivery instanceof Delivery.Received && --count == 0;
        if (last || delivery instanceof Delivery.Ended) {
            done.countDown();
        }
    }

    private static String line(Delivery delivery) {
        if (delivery instanceof Delivery.Received received) {
            return "event " + cursor(received.position()) + " "
                    + received.envelope().topic() + " " + received.envelope().type() + " "
                    + received.envelope().payload();
        } else if (delivery instanceof Delivery.Opened opened) {
            return "open " + cursor(opened.start()) + (opened.resumed() ? " resumed" : "");
        } else if (delivery instanceof Delivery.Gap gap) {
            return "gap " + gap.reason().wireName() + " floor " + cursor(gap.floor()) + " head " + cursor(gap.head());
        } else if (delivery instanceof Delivery.Reached reached) {
            return "reached " + cursor(reached.position());
        }
        return delivery instanceof Delivery.Live ? "live" : "ended";
    }

    private static String cursor(@Nullable Position position) {
        return position == null ? "-" : position.cursor();
    }
}
