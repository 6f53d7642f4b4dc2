package dev.realtime.transport.memory;

import static dev.realtime.transport.memory.Mutant.altering;
import static dev.realtime.transport.memory.Mutant.answering;
import static dev.realtime.transport.memory.Mutant.delivering;
import static dev.realtime.transport.memory.Mutant.publishing;
import static dev.realtime.transport.memory.Mutant.starting;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.testkit.Envelopes;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Adapters that publish or deliver wrongly. */
final class WritingMutants {
    private WritingMutants() {}

    static Stream<Mutant> all() {
        return Stream.of(publishers(), bodies(), deliverers()).flatMap(mutants -> mutants);
    }

    private static Stream<Mutant> publishers() {
        return Stream.of(
                answering("P1", "answers in reverse", WritingMutants::reversed),
                answering(
                        "P2",
                        "makes up the check",
                        positions -> positions.stream()
                                .map(position -> new Position(position.epoch(), position.offset(), "000000"))
                                .toList()),
                new Mutant("P3", "appends a known event again", adapter -> new ForwardingAdapter(adapter) {
                    private final Set<String> known = ConcurrentHashMap.newKeySet();

                    @Override
                    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
                        return adapter.publish(events.stream()
                                .map(event -> known.add(event.id()) ? event : renamed(event))
                                .toList());
                    }
                }),
                publishing(
                        "P4",
                        "swallows conflicts",
                        (adapter, events) -> adapter.publish(events)
                                .exceptionally(conflict ->
                                        List.of(adapter.range("acme").head()))),
                publishing("P5", "publishes a group one by one", (adapter, events) -> {
                    List<CompletableFuture<List<Position>>> all = events.stream()
                            .map(event -> adapter.publish(List.of(event)))
                            .toList();
                    return all.stream()
                            .reduce((one, other) -> one.thenCombine(other, WritingMutants::joined))
                            .orElseThrow();
                }),
                answering(
                        "P6",
                        "answers in the log's order",
                        positions -> positions.stream()
                                .sorted(Comparator.comparingLong(Position::offset))
                                .toList()),
                new Mutant("P7", "each instance knows its own ids only", adapter -> new ForwardingAdapter(adapter) {
                    private final Map<String, Envelope> own = new ConcurrentHashMap<>();

                    @Override
                    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
                        return adapter.publish(events.stream()
                                .map(event -> own.computeIfAbsent(event.id(), id -> renamed(event)))
                                .toList());
                    }
                }),
                publishing("P10", "splits groups, the second half first", (adapter, events) -> {
                    int half = events.size() / 2;
                    if (half == 0) {
                        return adapter.publish(events);
                    }
                    CompletableFuture<List<Position>> second = adapter.publish(events.subList(half, events.size()));
                    return adapter.publish(events.subList(0, half)).thenCombine(second, WritingMutants::joined);
                }),
                new Mutant("P12", "loses every hundredth publication", adapter -> new ForwardingAdapter(adapter) {
                    private final AtomicInteger count = new AtomicInteger();

                    @Override
                    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
                        return count.incrementAndGet() % 100 == 50
                                ? CompletableFuture.completedFuture(
                                        List.of(adapter.range("acme").head()))
                                : adapter.publish(events);
                    }
                }),
                new Mutant("P13", "lets the second publication overtake", adapter -> new ForwardingAdapter(adapter) {
                    private final CompletableFuture<Void> overtaken = new CompletableFuture<>();
                    private final AtomicInteger count = new AtomicInteger();

                    @Override
                    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
                        if (count.getAndIncrement() == 0) {
                            return overtaken.thenCompose(done -> adapter.publish(events));
                        }
                        return adapter.publish(events).whenComplete((positions, failure) -> overtaken.complete(null));
                    }
                }),
                new Mutant("P14", "takes every attempt for the first", adapter -> new ForwardingAdapter(adapter) {
                    @Override
                    public CompletableFuture<List<Position>> publish(List<Envelope> events, Duration age) {
                        return adapter.publish(events);
                    }
                }),
                new Mutant("T6", "never forgets an id", adapter -> new ForwardingAdapter(adapter) {
                    private final Map<String, CompletableFuture<List<Position>>> known = new ConcurrentHashMap<>();

                    @Override
                    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
                        return known.computeIfAbsent(events.get(0).id(), id -> adapter.publish(events));
                    }
                }),
                publishing(
                        "T4",
                        "counts from the floor",
                        (adapter, events) -> adapter.publish(events)
                                .thenApply(positions -> positions.stream()
                                        .map(position -> moved(
                                                position,
                                                -adapter.range("acme").floor().offset()))
                                        .toList())),
                new Mutant("O2", "has one space of ids for all", adapter -> new ForwardingAdapter(adapter) {
                    private final Set<String> known = ConcurrentHashMap.newKeySet();

                    @Override
                    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
                        String id = events.get(0).id();
                        return known.add(id)
                                ? adapter.publish(events)
                                : CompletableFuture.failedFuture(new EventConflictException(id));
                    }
                }),
                publishing(
                        "O4",
                        "answers organisation by organisation",
                        (adapter, events) -> adapter.publish(events.stream()
                                .sorted(Comparator.comparing(Envelope::orgId))
                                .toList())),
                answering(
                        "L6",
                        "answers what the log does not have",
                        positions -> positions.stream()
                                .map(position -> moved(position, 1_000))
                                .toList()));
    }

    private static Stream<Mutant> bodies() {
        return Stream.of(
                altering("P8", "empties payloads of 1 MiB", emptying(1_048_576)),
                altering("P9", "empties payloads of 8,000 bytes", emptying(8_000)),
                altering(
                        "P11",
                        "rounds to milliseconds",
                        entry -> with(
                                entry,
                                Envelopes.withTimestamp(
                                        entry.envelope(),
                                        entry.envelope().timestamp().truncatedTo(ChronoUnit.MILLIS)))),
                altering(
                        "P11",
                        "takes nobody named for nobody",
                        entry -> entry.envelope().audience() == null
                                ? with(entry, Envelopes.withAudience(entry.envelope(), List.of()))
                                : entry),
                altering(
                        "D8",
                        "stamps what it delivers itself",
                        entry -> new LogEntry(entry.position(), entry.envelope(), entry.loggedAtMicros() + 1)));
    }

    private static Stream<Mutant> deliverers() {
        return Stream.of(
                delivering("D1", "delivers twice", (sink, log, entries, through) -> {
                    sink.deliver(log, entries, through);
                    sink.deliver(log, entries, through);
                }),
                delivering(
                        "D1",
                        "loses every seventh entry",
                        (sink, log, entries, through) -> sink.deliver(
                                log,
                                entries.stream()
                                        .filter(entry -> entry.position().offset() % 7 != 0)
                                        .toList(),
                                through)),
                new Mutant("D2", "publishes what it hears", adapter -> new ForwardingAdapter(adapter) {
                    @Override
                    void deliver(LogId log, List<LogEntry> entries, Position through) {
                        entries.stream()
                                .map(LogEntry::envelope)
                                .filter(event -> !event.type().equals("echo"))
                                .map(event -> Envelopes.withNames(renamed(event), "echo", event.topic()))
                                .forEach(echo -> adapter.publish(List.of(echo)).join());
                        sink.deliver(log, entries, through);
                    }
                }),
                delivering("D3", "starts again after a delivery", (sink, log, entries, through) -> {
                    sink.deliver(log, entries, through);
                    sink.started(log, through);
                }),
                starting("D4", "says it starts at 0", position -> moved(position, -position.offset())),
                starting("D5", "says it starts earlier", position -> moved(position, -Math.min(60, position.offset()))),
                starting(
                        "R11", "says it starts earlier", position -> moved(position, -Math.min(60, position.offset()))),
                delivering(
                        "D6",
                        "says less than it delivered",
                        (sink, log, entries, through) -> sink.deliver(log, entries, moved(through, -1))),
                new Mutant("D7", "has a second thread", SecondThread::new),
                delivering(
                        "O5",
                        "delivers under another log",
                        (sink, log, entries, through) -> sink.deliver(new LogId("other"), entries, through)));
    }

    static Position moved(Position position, long by) {
        return new Position(position.epoch(), position.offset() + by, position.check());
    }

    private static LogEntry with(LogEntry entry, Envelope envelope) {
        return new LogEntry(entry.position(), envelope, entry.loggedAtMicros());
    }

    private static UnaryOperator<LogEntry> emptying(int fromBytes) {
        return entry -> entry.envelope().payload().size() < fromBytes
                ? entry
                : with(entry, Envelopes.withPayload(entry.envelope(), JsonPayload.EMPTY));
    }

    private static Envelope renamed(Envelope event) {
        return new Envelope(
                Envelopes.of(event.orgId()).id(),
                event.orgId(),
                event.type(),
                event.topic(),
                event.timestamp(),
                event.payload(),
                event.audience());
    }

    private static List<Position> joined(List<Position> first, List<Position> second) {
        List<Position> both = new ArrayList<>(first);
        both.addAll(second);
        return both;
    }

    private static List<Position> reversed(List<Position> positions) {
        List<Position> copy = new ArrayList<>(positions);
        Collections.reverse(copy);
        return copy;
    }
}
