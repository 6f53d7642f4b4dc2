package dev.realtime.system.ledger;

import dev.realtime.system.equipment.Beside;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What a fault is tried on: two gateways on one database, a stream on each, publishers by HTTP (through B) and by SQL,
 * and the ledger that judges the streams. One thread, besides {@link #underLoad}.
 */
public final class GatewayPair implements AutoCloseable {
    public static final String STREAM = "/realtime/stream";

    private final GatewayDatabase database;
    private final GatewayProcess a;
    private final GatewayProcess b;
    private final Ledger ledger = new Ledger("default");
    private final Load load;
    private SseReader onA;
    private SseReader onB;

    private GatewayPair(GatewayDatabase database, Map<String, String> settingsOfA, Map<String, String> settingsOfB) {
        this.database = database;
        this.a = GatewayProcess.starting(settingsOfA);
        this.b = GatewayProcess.starting(settingsOfB);
        this.load = new Load(b::client, ledger);
    }

    /** Both live, with a stream on each. */
    public static GatewayPair on(GatewayDatabase database) {
        return on(database, database.settings());
    }

    /**
     * Two gateways on one database.
     *
     * @param settingsOfA how A reaches the database; B goes straight
     */
    public static GatewayPair on(GatewayDatabase database, Map<String, String> settingsOfA) {
        return on(database, settingsOfA, database.settings());
    }

    public static GatewayPair on(
            GatewayDatabase database, Map<String, String> settingsOfA, Map<String, String> settingsOfB) {
        GatewayPair pair = new GatewayPair(database, settingsOfA, settingsOfB);
        try {
            pair.a.awaitReady();
            pair.b.awaitReady();
            pair.onA = SseReader.open(pair.a.address(), STREAM);
            pair.onB = SseReader.open(pair.b.address(), STREAM);
            return pair;
        } catch (RuntimeException | AssertionError e) {
            pair.a.close();
            pair.b.close();
            throw e;
        }
    }

    public GatewayProcess a() {
        return a;
    }

    public GatewayProcess b() {
        return b;
    }

    public SseReader onA() {
        return onA;
    }

    public SseReader onB() {
        return onB;
    }

    public Ledger ledger() {
        return ledger;
    }

    /** Publishes through B; returns when it is committed. */
    public void publish(int events) {
        load.publish(events);
    }

    /** A new SQL session of the database's owner, straight to the server. */
    public Writer writer() throws SQLException {
        return new Writer(database.connect(), ledger);
    }

    /** Publishes one event through B, which has to reach A's stream in this time. */
    public void requireHeard(Duration promised) {
        publish(1);
        String last = ledger.committedIds().get(ledger.size() - 1);
        Patience.within(promised, "an event reaches A", () -> onA.has(last));
    }

    /** Publishes through B, a little ahead of A's stream at most, until the operator has done its work. */
    public void underLoad(Runnable operator) {
        CompletableFuture<Void> work = CompletableFuture.runAsync(operator, Beside.THREADS);
        while (!work.isDone()) {
            publish(5);
            onA.awaitEvents(ledger.size() - 500);
        }
        work.join();
    }

    public static String state(GatewayProcess gateway) {
        return gateway.client().get("/readyz").json().path("state").asText();
    }

    public static String cause(GatewayProcess gateway) {
        return gateway.client().get("/readyz").json().path("cause").asText();
    }

    /**
     * One more event, then: both streams are whole, never reconnected and never told of a gap, both gateways live, no
     * stack trace said, and the log holds each event once.
     */
    public void requireUnharmed() throws SQLException {
        publish(1);
        requireWhole();
        for (SseReader stream : new SseReader[] {onA, onB}) {
            require(stream.gaps().isEmpty(), "no gap: " + stream.gaps());
            require(stream.named("realtime.open").size() == 1, "never reconnected");
        }
        Patience.until("A is live", () -> state(a).equals("LIVE"));
        Patience.until("B is live", () -> state(b).equals("LIVE"));
        require(
                database.logged() == ledger.size(),
                database.logged() + " events in the log, committed: " + ledger.size());
        requireNoTrace();
    }

    /** Both streams have all that is committed. */
    public void requireWhole() {
        for (String id : ledger.committedIds()) {
            onA.awaitEvent(id);
            onB.awaitEvent(id);
        }
        ledger.requireWhole(onA, onB);
    }

    public void requireNoTrace() {
        for (GatewayProcess gateway : new GatewayProcess[] {a, b}) {
            require(!gateway.everything().contains("\tat "), "no stack trace:\n" + gateway.everything());
        }
    }

    private static void require(boolean isSo, String what) {
        if (!isSo) {
            throw new AssertionError(what);
        }
    }

    /** Ends the gateways; the database is its owner's to close. */
    @Override
    public void close() {
        onA.close();
        onB.close();
        a.close();
        b.close();
    }
}
