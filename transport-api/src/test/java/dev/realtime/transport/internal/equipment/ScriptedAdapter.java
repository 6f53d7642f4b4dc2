package dev.realtime.transport.internal.equipment;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * An adapter on logs in memory that does what a test tells it to: be away, lag behind its own log, lose events, jump.
 * Tells its sink everything on one thread, as real ones do, and the test waits for it. Thread-safe.
 */
public class ScriptedAdapter implements PubSubAdapter {
    /** What a publication is answered, in place of being appended. */
    public interface PublishScript {
        CompletableFuture<List<Position>> publish(List<Envelope> events);
    }

    private static final class Log {
        private String epoch;
        private Position floor;
        private Position head;
        private final List<LogEntry> entries = new ArrayList<>();
        /** The same, for ten thousand of them are looked up one by one. */
        private final Map<String, LogEntry> byKey = new HashMap<>();

        private long told;

        private Log(String epoch) {
            begin(epoch);
        }

        private void begin(String newEpoch) {
            epoch = newEpoch;
            floor = new Position(epoch, 0, Position.NO_EVENT);
            head = floor;
            entries.clear();
            byKey.clear();
        }

        private void add(LogEntry entry) {
            entries.add(entry);
            byKey.put(key(entry.envelope()), entry);
            head = entry.position();
        }

        private void trim(long through) {
            floor = at(through);
            entries.removeIf(entry -> entry.position().offset() <= through);
            byKey.values().removeIf(entry -> entry.position().offset() <= through);
        }

        private static String key(Envelope event) {
            return event.orgId() + ' ' + event.id();
        }

        private LogRange range() {
            return new LogRange(floor, head);
        }

        private Position at(long offset) {
            return entries.stream()
                    .map(LogEntry::position)
                    .filter(position -> position.offset() == offset)
                    .findFirst()
                    .orElse(floor);
        }
    }

    private final boolean shared;
    private final ExecutorService loop = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "scripted-adapter");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<LogId, Log> logs = new HashMap<>();
    private final AtomicInteger reads = new AtomicInteger();
    private final List<List<String>> published = new CopyOnWriteArrayList<>();
    private final List<Duration> ages = new CopyOnWriteArrayList<>();

    private volatile DeliverySink sink;
    private volatile TransportStatus status = new TransportStatus(State.STARTING, null, Instant.EPOCH);
    private volatile boolean reachable = true;
    private volatile boolean lagging;
    private volatile int maxPage = Integer.MAX_VALUE;
    private volatile UnaryOperator<LogPage> reading = UnaryOperator.identity();
    private volatile PublishScript publishing = this::append;

    public ScriptedAdapter(boolean shared) {
        this.shared = shared;
    }

    public static ScriptedAdapter withOneLog() {
        return new ScriptedAdapter(true);
    }

    // What a test tells it.

    /** The backend answers: every log is started, then the status is LIVE. */
    public void goLive() {
        reachable = true;
        List<LogId> all;
        synchronized (this) {
            if (shared) {
                log(LogId.SHARED);
            }
            all = List.copyOf(logs.keySet());
        }
        all.forEach(this::tellStarted);
        tell(State.LIVE);
    }

    /** The backend is away. */
    public void goDown() {
        reachable = false;
        tell(State.DOWN);
    }

    /** The backend is back: what the log got meanwhile is delivered. */
    public void comeBack() {
        reachable = true;
        tell(State.LIVE);
        deliver();
    }

    /** Changes the status only. */
    public void tell(State state) {
        status = new TransportStatus(state, null, Instant.EPOCH);
        onLoop(() -> sink.status(status));
    }

    /** Whether the backend answers; nobody is told. */
    public void reachable(boolean answers) {
        reachable = answers;
    }

    /** Whether what is appended waits for {@link #deliver}. */
    public void lagging(boolean lags) {
        lagging = lags;
    }

    public void maxPage(int events) {
        maxPage = events;
    }

    /** What happens to each page between the backend and the reader, on the reader's thread. */
    public void reading(UnaryOperator<LogPage> script) {
        reading = script;
    }

    public void publishing(PublishScript script) {
        publishing = script;
    }

    /** How often it was read. */
    public int reads() {
        return reads.get();
    }

    /** The event ids of every publication that it was asked for. */
    public List<List<String>> published() {
        return published;
    }

    /** Another instance publishes these ids. */
    public void append(String orgId, String... ids) {
        append(Arrays.stream(ids).map(id -> envelope(orgId, id)).toList()).join();
        settle();
    }

    public static Envelope envelope(String orgId, String id) {
        return new Envelope(id, orgId, "changed", "events", Instant.EPOCH, JsonPayload.EMPTY, null);
    }

    /** Appends what the log does not have, and delivers it unless lagging. */
    public CompletableFuture<List<Position>> append(List<Envelope> events) {
        List<Position> positions = new ArrayList<>();
        synchronized (this) {
            for (Envelope event : events) {
                LogEntry known = find(event);
                if (known != null && !known.envelope().sameBodyAs(event)) {
                    return CompletableFuture.failedFuture(new EventConflictException(event.id()));
                }
            }
            for (Envelope event : events) {
                LogEntry known = find(event);
                positions.add((known != null ? known : add(event)).position());
            }
        }
        if (!lagging) {
            loop.execute(this::deliverNow);
        }
        return CompletableFuture.completedFuture(positions);
    }

    /** Delivers all that the logs have. */
    public void deliver() {
        onLoop(this::deliverNow);
    }

    /** Waits for what has been given to the loop. */
    public void settle() {
        onLoop(() -> {});
    }

    /** Forgets what is up to this offset. */
    public synchronized void trim(LogId id, long offset) {
        log(id).trim(offset);
    }

    /** The backend is another one: an empty log of this epoch. The sink isn't told. */
    public synchronized void replaceLog(LogId id, String epoch) {
        log(id).begin(epoch);
        log(id).told = 0;
    }

    /** Tells the sink of a gap up to where the log is now. */
    public void tellGap(LogId id, GapReason reason) {
        LogRange range;
        synchronized (this) {
            range = log(id).range();
            log(id).told = range.head().offset();
        }
        onLoop(() -> sink.gap(id, new LogPage.Gap(reason, range)));
    }

    public void tellStarted(LogId id) {
        onLoop(() -> startedNow(id));
    }

    /** On the loop. */
    public final void startedNow(LogId id) {
        Position at;
        synchronized (this) {
            at = log(id).head;
            log(id).told = at.offset();
        }
        sink.started(id, at);
    }

    public synchronized Position head(LogId id) {
        return log(id).head;
    }

    public synchronized Position position(LogId id, long offset) {
        return log(id).at(offset);
    }

    /** Runs on the thread that tells the sink, and waits for it. */
    public final void onLoop(Runnable action) {
        try {
            loop.submit(action).get(10, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the sink threw, or blocks", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    final void onLoopLater(Runnable action) {
        loop.execute(action);
    }

    public final DeliverySink sink() {
        return sink;
    }

    /** Whether deliveries of this log reach the sink. */
    boolean isHeard(LogId id) {
        return true;
    }

    // What the hub asks.

    @Override
    public void start(DeliverySink newSink) {
        sink = newSink;
    }

    @Override
    public LogId logOf(String orgId) {
        return shared ? LogId.SHARED : new LogId(orgId);
    }

    /** The ages it was told with every publication. */
    public List<Duration> ages() {
        return ages;
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events, Duration age) {
        ages.add(age);
        return publish(events);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
        published.add(events.stream().map(Envelope::id).toList());
        if (!reachable) {
            return CompletableFuture.failedFuture(new TransportUnavailableException("away", null));
        }
        return publishing.publish(events);
    }

    @Override
    public LogPage read(String orgId, Position after, int maxEvents) {
        requireReachable();
        reads.incrementAndGet();
        return reading.apply(stored(orgId, after, Math.min(maxPage, maxEvents)));
    }

    private synchronized LogPage stored(String orgId, Position after, int maxEvents) {
        Log log = log(logOf(orgId));
        GapReason refusal = refusal(log, after);
        if (refusal != null) {
            return new LogPage.Gap(refusal, log.range());
        }
        List<LogEntry> all = log.entries.stream()
                .filter(entry -> entry.envelope().orgId().equals(orgId)
                        && entry.position().offset() > after.offset())
                .toList();
        List<LogEntry> page = all.stream().limit(maxEvents).toList();
        return new LogPage.Entries(
                page,
                page.size() == all.size() ? log.head : page.get(page.size() - 1).position());
    }

    private static GapReason refusal(Log log, Position after) {
        boolean sameEpoch = after.epoch().equals(log.epoch);
        if (after.offset() > log.head.offset()) {
            return sameEpoch ? GapReason.AHEAD : GapReason.EPOCH_CHANGED;
        }
        if (after.offset() < log.floor.offset()) {
            return sameEpoch ? GapReason.TRIMMED : GapReason.EPOCH_CHANGED;
        }
        boolean proven = after.offset() == 0
                ? sameEpoch
                : after.check().equals(log.at(after.offset()).check());
        return proven ? null : GapReason.EPOCH_CHANGED;
    }

    @Override
    public LogRange range(String orgId) {
        requireReachable();
        synchronized (this) {
            return log(logOf(orgId)).range();
        }
    }

    @Override
    public TransportStatus status() {
        return status;
    }

    @Override
    public void close() {
        loop.shutdown();
        status = new TransportStatus(State.CLOSED, null, Instant.EPOCH);
    }

    private void requireReachable() {
        if (!reachable) {
            throw new TransportUnavailableException("away", null);
        }
    }

    private void deliverNow() {
        Map<LogId, List<LogEntry>> news = new HashMap<>();
        Map<LogId, Position> through = new HashMap<>();
        synchronized (this) {
            logs.forEach((id, log) -> {
                if (isHeard(id) && log.head.offset() > log.told) {
                    news.put(
                            id,
                            log.entries.stream()
                                    .filter(entry -> entry.position().offset() > log.told)
                                    .toList());
                    through.put(id, log.head);
                    log.told = log.head.offset();
                }
            });
        }
        news.forEach((id, entries) -> sink.deliver(id, entries, through.get(id)));
    }

    private Log log(LogId id) {
        return logs.computeIfAbsent(id, name -> new Log("e1"));
    }

    private LogEntry find(Envelope event) {
        return log(logOf(event.orgId())).byKey.get(Log.key(event));
    }

    private LogEntry add(Envelope event) {
        Log log = log(logOf(event.orgId()));
        Position position = new Position(log.epoch, log.head.offset() + 1, Position.checkOf(event.id()));
        LogEntry entry = new LogEntry(position, event, 1);
        log.add(entry);
        return entry;
    }
}
