package dev.realtime.transport;

import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.FrontDoor;
import dev.realtime.transport.runtime.Measure;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.runtime.Trouble;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The front door: publishes events through a transport and hands out those that every instance published. Thread-safe;
 * no method but {@link #close} blocks, and {@link #publish} only if {@link Settings#WHEN_FULL} says so.
 */
public interface PubSub extends AutoCloseable {
    /**
     * Opens the transport that the settings name ({@code REALTIME_TRANSPORT}, found by ServiceLoader) and begins to
     * connect in the background.
     *
     * @throws SettingsException if a setting cannot be used
     */
    static PubSub open(Settings settings) {
        return open(settings, Supervisor.standard());
    }

    /**
     * The same, with threads that run under this supervisor.
     *
     * @throws SettingsException if a setting cannot be used
     */
    static PubSub open(Settings settings, Supervisor supervisor) {
        return FrontDoor.open(settings, supervisor);
    }

    /** Every key that {@link #open} may read, with those of all transports that can be found: to refuse unknown ones. */
    static Set<SettingKey> knownSettings(Settings settings) {
        return FrontDoor.knownSettings(settings);
    }

    /** Publishes one event. Errors of the input are thrown, all others are in the publication. */
    default Publication publish(Event event) {
        return publish(List.of(event));
    }

    /**
     * Publishes 1 to 1,000 events in this order, all or none (with Redis: per organisation). Their payloads together
     * are at most 16 MiB, or four times the largest payload that is allowed if that is more.
     *
     * <p>When there is no room for them the publication fails with {@link QueueFullException}: at once, or after having
     * waited for room as long as {@link Settings#WHEN_FULL} and {@link Settings#WHEN_FULL_WAIT} say. A publication
     * made in an answer to another one never waits.
     *
     * @throws InvalidInputException if the count, a size or an id is out of bounds
     */
    Publication publish(List<Event> events);

    /** The same, and never waits, whatever {@link Settings#WHEN_FULL} says: for threads that must not. */
    default Publication offer(List<Event> events) {
        return publish(events);
    }

    /**
     * The same for an instance's own part, which may also publish to {@link FieldRules#INSTANCES}: that is what instances
     * tell each other, and {@link #publish} and {@link #offer} refuse it. Nothing of what a caller said belongs there.
     */
    default Publication tellInstances(List<Event> events) {
        return offer(events);
    }

    /**
     * Subscribes, to be polled.
     *
     * @param signal called when deliveries begin to wait, on a thread of the transport with a lock held, perhaps
     *     before this method returns: only note it and return
     */
    Subscription subscribe(SubscribeRequest request, Runnable signal);

    /** Subscribes, with every delivery given to the consumer, one at a time and in order, on the executor. */
    default Subscription subscribe(SubscribeRequest request, Executor executor, Consumer<Delivery> consumer) {
        return FrontDoor.pushed(this, request, executor, consumer);
    }

    /** The newest position of the organisation's log, read from the backend. */
    CompletableFuture<Position> position(String orgId);

    /** To let one caller among all instances have a key. Empty if the transport does not have this ability. */
    default Optional<KeyClaims> keyClaims() {
        return Optional.empty();
    }

    /** How long an event stays replayable, as this instance was told. */
    default Duration replayWindow() {
        return Settings.of(Map.of()).replayWindow();
    }

    /** How the transport is, now. */
    TransportStatus status();

    /** Which parts of this instance do not work now: what the state alone does not tell. */
    default List<Trouble> troubles() {
        return supervisor().troubles().all();
    }

    /** What this instance's threads run under: the endpoint's too. */
    Supervisor supervisor();

    /** The name that was chosen: {@code memory}, {@code redis}, {@code postgres} or a plugin's. */
    String transportName();

    /** Names this process among the instances. */
    String instance();

    /** Counters of this instance. */
    Stats stats();

    /** Further figures of this instance, its transport's among them: the same ones always. */
    default List<Measure> measures() {
        return List.of();
    }

    /** Ends all subscriptions, then the transport. Waits a bounded time for what is being published. */
    @Override
    void close();

    /**
     * Counters since the start, and gauges.
     *
     * @param published events committed by this instance
     * @param delivered events put into mailboxes
     * @param gaps gaps told to subscribers
     * @param conflated resource pings left out of full mailboxes, because a later one says the same
     * @param recoveries times the transport came back
     * @param subscriptions open now
     * @param mailboxBytes waiting in all mailboxes now, about
     * @param queued publications that wait for the transport now
     */
    record Stats(
            long published,
            long delivered,
            long gaps,
            long conflated,
            long recoveries,
            int subscriptions,
            long mailboxBytes,
            int queued) {}
}
