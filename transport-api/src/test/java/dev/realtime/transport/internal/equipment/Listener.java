package dev.realtime.transport.internal.equipment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A subscriber that writes down what it is handed out, one line each: {@code a@3}, {@code open 2 resumed}. One thread. */
public final class Listener {
    private final Semaphore signals = new Semaphore(0);
    private final Subscription subscription;

    public Listener(PubSub pubSub, SubscribeRequest request) {
        this.subscription = pubSub.subscribe(request, signals::release);
    }

    /** Waits for as many deliveries as there are lines, and compares. */
    public void hears(String... lines) {
        assertThat(next(lines.length)).containsExactly(lines);
    }

    /** Waits for so many deliveries. */
    public List<String> next(int count) {
        List<String> lines = new ArrayList<>();
        while (lines.size() < count) {
            Delivery delivery = subscription.poll();
            if (delivery != null) {
                lines.add(line(delivery));
            } else if (!await()) {
                throw new AssertionError("after " + lines + " nothing came for 10 s");
            }
        }
        return lines;
    }

    /** Nothing waits: only where the test knows that nothing is on its way. */
    public void hearsNothing() {
        Delivery delivery = subscription.poll();
        assertThat(delivery == null ? null : line(delivery)).isNull();
    }

    public Subscription subscription() {
        return subscription;
    }

    private boolean await() {
        try {
            return signals.tryAcquire(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public static String line(Delivery delivery) {
        if (delivery instanceof Delivery.Opened opened) {
            return "open " + at(opened.start()) + (opened.resumed() ? " resumed" : "");
        }
        if (delivery instanceof Delivery.Live) {
            return "live";
        }
        if (delivery instanceof Delivery.Reached reached) {
            return "reached " + at(reached.position());
        }
        if (delivery instanceof Delivery.Gap gap) {
            return "gap " + gap.reason().wireName() + " after " + gap.requested() + " floor " + at(gap.floor())
                    + " head " + at(gap.head());
        }
        if (delivery instanceof Delivery.Received received) {
            return received.envelope().id() + (received.provisional() ? " provisional" : "@" + at(received.position()));
        }
        return "ended";
    }

    /** Offset, with the epoch where it isn't the first. */
    private static String at(Position position) {
        if (position == null) {
            return "-";
        }
        return position.epoch().equals("e1") ? "" + position.offset() : position.epoch() + ":" + position.offset();
    }
}
