package dev.realtime.system.ledger;

import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Published;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.settings.Settings;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Instances of an application in this process, where a gateway adds nothing: on a database of their own, with
 * subscribers, SQL sessions, and the ledger that judges them. One thread.
 */
public final class Instances implements AutoCloseable {
    static final String ORGANISATION = "default";

    private final GatewayDatabase database;
    private final Ledger ledger = new Ledger(ORGANISATION);
    private final List<PubSub> started = new ArrayList<>();
    private final List<LocalReader> readers = new ArrayList<>();
    private final List<Writer> writers = new ArrayList<>();

    private Instances(GatewayDatabase database) {
        this.database = database;
    }

    public static Instances on(GatewayDatabase database) {
        return new Instances(database);
    }

    public static Instances fresh() throws SQLException {
        return on(GatewayDatabase.fresh());
    }

    public GatewayDatabase database() {
        return database;
    }

    public Ledger ledger() {
        return ledger;
    }

    public PubSub start(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(database.settings());
        all.putAll(settings);
        PubSub pubSub = PubSub.open(Settings.of(all));
        started.add(pubSub);
        return pubSub;
    }

    public PubSub live() {
        return live(Map.of());
    }

    public PubSub live(Map<String, String> settings) {
        PubSub pubSub = start(settings);
        await(pubSub, State.LIVE);
        return pubSub;
    }

    public static TransportStatus await(PubSub pubSub, State state) {
        Patience.until(state.name(), () -> pubSub.status().state() == state);
        return pubSub.status();
    }

    /** A subscriber that hears from now on. */
    public LocalReader reader(PubSub on) {
        return reader(on, null);
    }

    public LocalReader reader(PubSub on, String cursor) {
        LocalReader reader = LocalReader.opening(on, ORGANISATION, cursor);
        readers.add(reader);
        return reader.awaitLive();
    }

    /** A subscriber that takes so many events and then, until it is released, nothing. */
    public LocalReader stalling(PubSub on, String cursor, int events) {
        LocalReader reader = LocalReader.stalling(on, ORGANISATION, cursor, events);
        readers.add(reader);
        return reader;
    }

    /** A new SQL session. */
    public Writer writer() throws SQLException {
        Writer writer = new Writer(database.connect(), ledger);
        writers.add(writer);
        return writer;
    }

    /** Publishes so many events at once, and returns when they are committed. */
    public List<Acknowledged> publish(PubSub through, int events) {
        return publish(through, events, "{}");
    }

    public List<Acknowledged> publish(PubSub through, int events, String payload) {
        Ledger.Transaction transaction = ledger.begin();
        List<Event> all = new ArrayList<>();
        for (int i = 0; i < events; i++) {
            Event event = Event.of(ORGANISATION, "made")
                    .withPayload(payload)
                    .withId(UUID.randomUUID().toString());
            transaction.publishes(event.id());
            all.add(event);
        }
        List<Acknowledged> committed = new ArrayList<>();
        for (Published each : committed(through, all)) {
            committed.add(new Acknowledged(each.id(), each.position().cursor()));
        }
        transaction.committed(committed);
        return committed;
    }

    private static List<Published> committed(PubSub through, List<Event> events) {
        try {
            return through.publish(events).committed().get(Patience.ALL.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("not published", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Waits until every reader has all that is committed since its stream began, and judges them. */
    public void judge() {
        for (LocalReader reader : readers) {
            try {
                Patience.until(
                        "a reader is whole", () -> ledger.faults(reader.told()).isEmpty());
            } catch (ConditionTimeoutException e) {
                break; // what is wrong is said below
            }
        }
        ledger.requireWhole(readers.toArray(Subscriber[]::new));
    }

    @Override
    public void close() throws SQLException {
        readers.forEach(LocalReader::close);
        started.forEach(PubSub::close);
        for (Writer writer : writers) {
            writer.close();
        }
        database.close();
    }
}
