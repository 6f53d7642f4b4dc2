package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A schema in which one schedule runs after the other, its sessions, its readers, and all that its log ever held. Some
 * lanes have an instance, which seals and publishes too; it is another one every few schedules. One thread.
 */
final class Lane implements AutoCloseable {
    private static final int WRITERS = 3;
    private static final int RACERS = 2;
    private static final int SCHEDULES_OF_A_NODE = 40;

    private final Store store = Store.migrated();
    private final ExecutorService beside = Executors.newCachedThreadPool();
    private final NavigableMap<Long, String> history = new TreeMap<>();
    private final List<Writer> writers = new ArrayList<>();
    private final List<Racer> racers = new ArrayList<>();
    private final List<LogReader> readers = new ArrayList<>();
    private final List<Position> cursors = new ArrayList<>();
    private final Session driver;
    private final Session sealer;
    private final Session appender;
    private final boolean hasNode;
    private @Nullable Node node;
    private LogReader follower = new LogReader("nobody", 0);
    private int callsSeen;
    private int schedules;

    /** @param sealing SQL that sessions which seal begin with */
    Lane(boolean hasNode, String sealing) throws SQLException {
        this.hasNode = hasNode;
        driver = store.session();
        driver.run(Writer.SLOW_COMMIT);
        sealer = store.session().run(sealing);
        appender = store.session();
        for (int i = 0; i < WRITERS; i++) {
            writers.add(new Writer(store, beside, ((long) store.schema().hashCode() << 8) + i));
        }
        for (int i = 0; i < RACERS; i++) {
            racers.add(new Racer(store, "racer-" + i, sealing));
            readers.add(new LogReader("reader " + i, 0));
            cursors.add(new Position(driver.value("select epoch from rt.log_range"), 0, Position.NO_EVENT));
        }
    }

    Session driver() {
        return driver;
    }

    Session sealer() {
        return sealer;
    }

    Store store() {
        return store;
    }

    List<Writer> writers() {
        return writers;
    }

    List<Racer> racers() {
        return racers;
    }

    /** What the log got that this has not seen yet, in order. Everything is quiet. */
    List<String> nextLogged() throws SQLException {
        List<String> ids = new ArrayList<>();
        for (String row : driver.column(
                "select \"offset\" || ' ' || id from rt.log where \"offset\" > ? order by \"offset\"", lastOffset())) {
            String[] cells = row.split(" ");
            history.put(Long.parseLong(cells[0]), cells[1]);
            ids.add(cells[1]);
        }
        return ids;
    }

    /** Makes what earlier schedules left in the log old enough to be trimmed, but for the last so many. */
    void age(int spared) throws SQLException {
        driver.value(
                "with w as (update rt.log set logged_at = logged_at - interval '1 day'"
                        + " where \"offset\" <= ? and logged_at > now() - interval '1 hour' returning 1)"
                        + " select count(*) from w",
                lastOffset() - spared);
    }

    /** A reader goes on from its cursor, for a few events. Called by its racer. */
    void read(int reader, Session session, int most) throws SQLException {
        LogReader reads = readers.get(reader);
        Node running = node;
        if (running == null) {
            readBySql(reads, session, most);
            return;
        }
        Position after = Position.parse(cursors.get(reader).cursor()).orElseThrow();
        try {
            LogPage page = running.adapter().read(Store.ORG, after, most);
            cursors.set(reader, take(reads, page));
        } catch (TransportUnavailableException killed) {
            // the next read resumes
        }
    }

    private static Position take(LogReader reads, LogPage page) {
        if (page instanceof LogPage.Gap gap) {
            reads.isTold(gap.resumesAt().offset());
            return gap.resumesAt();
        }
        LogPage.Entries entries = (LogPage.Entries) page;
        for (LogEntry entry : entries.entries()) {
            reads.reads(entry.position().offset(), entry.envelope().id());
        }
        return entries.through();
    }

    private static void readBySql(LogReader reads, Session session, int most) throws SQLException {
        for (String row : session.column(
                "select concat_ws(' ', r.floor_offset, l.\"offset\", l.id) from rt.log_range r left join lateral"
                        + " (select * from rt.log l where l.\"offset\" > ? order by l.\"offset\" limit ?) l on true"
                        + " order by l.\"offset\"",
                reads.position(),
                most)) {
            String[] cells = row.split(" ");
            if (reads.position() < Long.parseLong(cells[0])) {
                reads.isTold(Long.parseLong(cells[0]));
                return;
            }
            if (cells.length > 1) {
                reads.reads(Long.parseLong(cells[1]), cells[2]);
            }
        }
    }

    /** Publishes these together, past the stage. Again until it is known to be committed. */
    CompletableFuture<Void> publishDirectly(List<String> ids) {
        Node running = node;
        List<Envelope> events = ids.stream()
                .map(id -> Envelopes.withPayload(
                        Envelopes.withNames(Envelopes.withId(Store.ORG, id), "orders.updated", "events"),
                        JsonPayload.EMPTY))
                .toList();
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        if (running == null) {
                            append(ids);
                        } else {
                            publish(running, events);
                        }
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                },
                beside);
    }

    private static void publish(Node running, List<Envelope> events) throws Exception {
        int attempts = 0;
        while (attempts < 20) {
            try {
                running.adapter().publish(events).get(30, TimeUnit.SECONDS);
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TransportUnavailableException)) {
                    throw e;
                }
                attempts++;
            }
        }
        throw new AssertionError("publishing failed " + attempts + " times");
    }

    private void append(List<String> ids) throws SQLException {
        String call = "select outcome from rt.append(array_fill(1, array[n]), array_fill('acme'::text, array[n]),"
                + " string_to_array(?, ' '), array_fill('orders.updated'::text, array[n]),"
                + " array_fill('events'::text, array[n]), array_fill(null::text, array[n]),"
                + " array_fill(0::bigint, array[n]), array_fill('{}'::bytea, array[n]))";
        synchronized (appender) {
            while (appender.value(call.replace("[n]", "[" + ids.size() + "]"), String.join(" ", ids))
                    .equals("backlog")) {
                appender.value("select sealed from rt.seal(1000)");
            }
        }
    }

    /** Ends one of the instance's connections at the server, if there is an instance. */
    void killAConnection(int any) throws SQLException {
        if (node == null) {
            return;
        }
        List<String> pids = driver.column(
                "select pid from pg_stat_activity where application_name like ? order by pid",
                "realtime:" + node.name() + "%");
        if (!pids.isEmpty()) {
            driver.value("select pg_terminate_backend(?)", Integer.parseInt(pids.get(any % pids.size())));
        }
    }

    /** A schedule begins: another instance, now and then. */
    void begin() {
        if (hasNode && schedules++ % SCHEDULES_OF_A_NODE == 0) {
            if (node != null) {
                node.adapter().close();
            }
            node = store.start(Map.of()).live();
            follower = new LogReader(
                    "the instance", node.sink().awaitStarted(LogId.SHARED).offset());
            callsSeen = 0;
        }
    }

    /** Waits until everything is at rest, and judges what has been read. */
    void check() {
        if (hasNode) {
            Store.await().untilAsserted(() -> {
                hear();
                assertThat(follower.position())
                        .as("how far the instance has got")
                        .isGreaterThanOrEqualTo(lastOffset());
            });
            follower.check(history);
        }
        readers.forEach(reader -> reader.check(history));
    }

    private void hear() {
        if (node == null) {
            return;
        }
        List<Call> calls = node.sink().calls();
        for (Call call : calls.subList(callsSeen, calls.size())) {
            if (call instanceof Call.Delivered delivered) {
                take(follower, new LogPage.Entries(delivered.entries(), delivered.through()));
            } else if (call instanceof Call.Lost lost) {
                take(follower, lost.gap());
            }
        }
        callsSeen = calls.size();
    }

    private long lastOffset() {
        return history.isEmpty() ? 0 : history.lastKey();
    }

    @Override
    public void close() throws SQLException {
        beside.shutdownNow();
        for (Racer racer : racers) {
            racer.close();
        }
        for (Writer writer : writers) {
            writer.close();
        }
        driver.close();
        sealer.close();
        appender.close();
        store.close();
    }
}
