package dev.realtime.sse.gateway;

import dev.realtime.sse.gateway.page.GatewayMeters;
import dev.realtime.system.seam.SeamCharge;
import dev.realtime.system.seam.SeamKind;
import dev.realtime.system.seam.SeamTransport;
import dev.realtime.system.seam.SeamWorld;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.reflect.Field;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** A whole gateway in a woven world. Thread-safe. */
public final class SeamGateway implements SeamWorld {
    private static final Duration HEARTBEAT = Duration.ofMillis(100);
    private static final Duration PUBLISH_DEADLINE = Duration.ofSeconds(10);

    private final Gateway gateway;

    public SeamGateway(Map<String, String> settings) {
        gateway = Gateway.start(
                Settings.of(settings),
                options -> options.withHeartbeat(HEARTBEAT).withPublishDeadline(PUBLISH_DEADLINE));
    }

    @Override
    public URI address() {
        return gateway.address();
    }

    @Override
    public void arm(int seam, SeamKind kind) {
        SeamCharge.arm(seam, kind);
    }

    @Override
    public String struck() {
        Thread thread = SeamCharge.struck();
        return thread == null ? null : thread.getName();
    }

    @Override
    public void disarm() {
        SeamCharge.disarm();
    }

    @Override
    public BitSet takeReached() {
        return SeamCharge.takeReached();
    }

    @Override
    public CompletableFuture<String> publish(String organisation, String id) {
        return gateway.pubSub()
                .publish(List.of(Event.of(organisation, "library").withId(id)))
                .committed()
                .thenApply(published -> published.get(0).position().cursor());
    }

    @Override
    public AutoCloseable listen(String organisation, String cursor, Consumer<List<String>> told) {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        Subscription subscription = gateway.pubSub()
                .subscribe(
                        SubscribeRequest.of(organisation).from(cursor),
                        thread,
                        delivery -> told.accept(read(delivery)));
        return () -> {
            subscription.close();
            thread.shutdown();
        };
    }

    /** What is thrown in a subscriber's own reading is its own affair: it reads again. */
    private static List<String> read(Delivery delivery) {
        try {
            return fields(delivery);
        } catch (RuntimeException | Error e) {
            return fields(delivery);
        }
    }

    private static List<String> fields(Delivery delivery) {
        if (delivery instanceof Delivery.Opened opened) {
            return fields("opened", cursor(opened.start()));
        } else if (delivery instanceof Delivery.Received event) {
            return fields(
                    "event",
                    event.envelope().orgId(),
                    event.envelope().id(),
                    cursor(event.position()),
                    String.valueOf(event.provisional()));
        } else if (delivery instanceof Delivery.Reached reached) {
            return fields("reached", cursor(reached.position()));
        } else if (delivery instanceof Delivery.Gap gap) {
            return fields("gap", gap.reason().wireName(), gap.requested(), cursor(gap.floor()), cursor(gap.head()));
        }
        return fields(delivery instanceof Delivery.Live ? "live" : "ended");
    }

    private static List<String> fields(String... values) {
        return Arrays.asList(values);
    }

    private static String cursor(Position position) {
        return position == null ? null : position.cursor();
    }

    @Override
    public void away(boolean away) {
        SeamTransport.here().away(away);
    }

    @Override
    public Map<String, Integer> held() {
        MeterRegistry figures = ((GatewayMeters) read(gateway, "meters")).registry();
        Object seats = read(read(read(gateway, "endpoint"), "streams"), "seats");
        return Map.of(
                "seats", ((Map<?, ?>) read(seats, "taken")).size(),
                "replays", (int) figures.get("realtime.replays").gauge().value(),
                "bodies", (int) figures.get("realtime.bodies.bytes").gauge().value(),
                "streams", gateway.streams(),
                "subscriptions", gateway.pubSub().stats().subscriptions(),
                "queued", gateway.pubSub().stats().queued());
    }

    /** What has no figure, and need not have one for anybody but us. */
    private static Object read(Object from, String field) {
        try {
            Field found = from.getClass().getDeclaredField(field);
            found.setAccessible(true);
            return found.get(from);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        gateway.close();
    }
}
