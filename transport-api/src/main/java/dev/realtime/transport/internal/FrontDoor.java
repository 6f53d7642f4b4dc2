package dev.realtime.transport.internal;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.KeyClaims;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.EventIntake.Accepted;
import dev.realtime.transport.internal.hub.Hub;
import dev.realtime.transport.runtime.Measure;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.Measured;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Joins an adapter, the {@link Hub} (what comes in) and the {@link Outbox} (what goes out). Thread-safe. */
public final class FrontDoor implements PubSub {
    private final String transportName;
    private final String instance;
    private final PubSubAdapter adapter;
    private final Hub hub;
    private final PublishHealth health;
    private final Outbox outbox;
    private final EventIntake intake;
    private final Turnstile turnstile;
    private final @Nullable ClaimDesk claims;
    private final Duration replayWindow;
    private final Supervisor supervisor;

    /** One that never waits for room. */
    public FrontDoor(String transportName, AdapterContext context, PubSubAdapter adapter, int maxPayloadBytes) {
        this(transportName, context, adapter, maxPayloadBytes, Duration.ZERO);
    }

    /**
     * Starts an adapter that nothing has been done with yet.
     *
     * @param patience how long a publisher waits for room
     */
    public FrontDoor(
            String transportName,
            AdapterContext context,
            PubSubAdapter adapter,
            int maxPayloadBytes,
            Duration patience) {
        this.turnstile = new Turnstile(patience);
        this.transportName = transportName;
        this.instance = context.instance();
        this.adapter = adapter;
        this.supervisor = context.supervisor();
        this.hub = new Hub(adapter, supervisor);
        this.health = new PublishHealth(context.clock(), System::nanoTime, supervisor.troubles());
        this.outbox = new Outbox(adapter, hub, turnstile, health, context.replayWindow());
        this.intake = new EventIntake(context.clock(), maxPayloadBytes);
        this.claims = adapter instanceof ClaimsKeys claiming ? new ClaimDesk(claiming) : null;
        this.replayWindow = context.replayWindow();
        hub.onFlowing(outbox::flush);
        adapter.start(hub);
    }

    /** See {@link PubSub#open}. */
    public static PubSub open(Settings settings, Supervisor supervisor) {
        String name = settings.transport();
        AdapterRegistry registry = AdapterRegistry.find(settings);
        PubSubAdapterProvider provider = registry.provider(name);
        AdapterContext context = new AdapterContext(
                instanceName(), settings.keyPrefix(), settings.replayWindow(), Clock.systemUTC(), supervisor);
        int maxPayloadBytes = settings.maxPayloadBytes();
        Duration patience = settings.patienceWhenFull();
        PubSubAdapter adapter = provider.create(settings, context);
        registry.forgottenChoice(settings)
                .ifPresent(cause -> supervisor.troubles().raise(Settings.TRANSPORT.name(), cause));
        return new FrontDoor(name, context, adapter, maxPayloadBytes, patience);
    }

    /** See {@link PubSub#knownSettings}. */
    public static Set<SettingKey> knownSettings(Settings settings) {
        return AdapterRegistry.find(settings).knownSettings();
    }

    /** See {@link PubSub#subscribe(SubscribeRequest, Executor, Consumer)}. */
    public static Subscription pushed(
            PubSub pubSub, SubscribeRequest request, Executor executor, Consumer<Delivery> consumer) {
        return PushedSubscription.start(pubSub, request, executor, consumer);
    }

    @Override
    public Publication publish(List<Event> events) {
        Accepted accepted = intake.accept(events);
        return outbox.counted(turnstile.pass(accepted.owner(), () -> outbox.publish(accepted)), accepted);
    }

    @Override
    public Publication offer(List<Event> events) {
        Accepted accepted = intake.accept(events);
        return outbox.counted(outbox.publish(accepted), accepted);
    }

    @Override
    public Publication tellInstances(List<Event> events) {
        Accepted accepted = intake.acceptFromInstance(events);
        return outbox.counted(outbox.publish(accepted), accepted);
    }

    @Override
    public Subscription subscribe(SubscribeRequest request, Runnable signal) {
        return hub.subscribe(request, signal);
    }

    @Override
    public CompletableFuture<Position> position(String orgId) {
        return hub.head(orgId);
    }

    @Override
    public Optional<KeyClaims> keyClaims() {
        return Optional.ofNullable(claims);
    }

    @Override
    public Duration replayWindow() {
        return replayWindow;
    }

    @Override
    public TransportStatus status() {
        return health.shownIn(adapter.status());
    }

    @Override
    public Supervisor supervisor() {
        return supervisor;
    }

    @Override
    public String transportName() {
        return transportName;
    }

    @Override
    public String instance() {
        return instance;
    }

    @Override
    public Stats stats() {
        return hub.stats(outbox.published(), outbox.size());
    }

    @Override
    public List<Measure> measures() {
        List<Measure> adapters = adapter instanceof Measured measured ? measured.measures() : List.of();
        return Stream.of(outbox.measures(), hub.measures(), adapters, supervisor.measures())
                .flatMap(List::stream)
                .toList();
    }

    @Override
    public void close() {
        outbox.stopAccepting();
        hub.endSubscriptions();
        adapter.close();
        if (claims != null) {
            claims.close();
        }
        outbox.failWaiting();
        hub.close();
    }

    private static String instanceName() {
        return String.format(Locale.ROOT, "i-%06x", ThreadLocalRandom.current().nextInt(1 << 24));
    }
}
