package dev.realtime.sse.gateway;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one event through a front door of its own, in memory, before the gateway serves: what an event's way needs is
 * loaded then. To load a class takes a file descriptor, and the first event may come when there is none.
 */
final class Rehearsal {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
    private static final String NOWHERE = "rehearsal";
    private static final long MOST_MILLIS = Duration.ofSeconds(2).toMillis();

    private Rehearsal() {}

    /** Whatever comes of it is no reason not to start. */
    static void run() {
        Semaphore signals = new Semaphore(0);
        try (PubSub memory = PubSub.open(Settings.of(Map.of("REALTIME_TRANSPORT", "memory")))) {
            Subscription heard = memory.subscribe(SubscribeRequest.of(NOWHERE), signals::release);
            memory.offer(List.of(Event.resourcePing(NOWHERE, NOWHERE, Event.Action.UPDATE, "1")));
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MOST_MILLIS);
            boolean came = false;
            while (!came && System.nanoTime() < end) {
                Delivery next = heard.poll();
                came = next instanceof Delivery.Received received
                        && received.envelope().toJson(false).length > 0;
                if (next == null) {
                    signals.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.debug("nothing was rehearsed", e);
        }
    }
}
