package dev.realtime.transport.testkit;

import static dev.realtime.transport.testkit.checks.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.checks.Canary;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Remembers every call, in order, and notices calls that overlap. Awaits up to 20 s. Thread-safe. */
public final class RecordingSink implements DeliverySink {
    /** A call, as it was made. */
    public sealed interface Call {
        /** See {@link DeliverySink#started}. */
        record Started(LogId log, Position through) implements Call {}

        /** See {@link DeliverySink#deliver}. */
        record Delivered(LogId log, List<LogEntry> entries, Position through) implements Call {}

        /** See {@link DeliverySink#gap}. */
        record Lost(LogId log, LogPage.Gap gap) implements Call {}

        /** See {@link DeliverySink#status}. */
        record Status(TransportStatus status) implements Call {}
    }

    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger overlaps = new AtomicInteger();

    @Override
    public void started(LogId log, Position through) {
        record(new Call.Started(log, through));
    }

    @Override
    public void deliver(LogId log, List<LogEntry> entries, Position through) {
        record(new Call.Delivered(log, List.copyOf(entries), through));
    }

    @Override
    public void gap(LogId log, LogPage.Gap gap) {
        record(new Call.Lost(log, gap));
    }

    @Override
    public void status(TransportStatus status) {
        Canary.look("a status", status.cause());
        record(new Call.Status(status));
    }

    private void record(Call call) {
        if (inside.incrementAndGet() > 1) {
            overlaps.incrementAndGet();
        }
        calls.add(call);
        LockSupport.parkNanos(1); // about 50 µs: gives a second caller, which there must not be, the chance to come in
        inside.decrementAndGet();
    }

    /** Every call so far. */
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** The calls of one kind so far. */
    public <C extends Call> List<C> calls(Class<C> kind) {
        return calls.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** Every entry delivered so far, of any log. */
    public List<LogEntry> entries() {
        return calls(Call.Delivered.class).stream()
                .flatMap(delivered -> delivered.entries().stream())
                .toList();
    }

    /** The ids of the events delivered so far. */
    public List<String> ids() {
        return entries().stream().map(entry -> entry.envelope().id()).toList();
    }

    /** Waits for the start of a log and returns the last one's position. */
    public Position awaitStarted(LogId log) {
        await().untilAsserted(() -> assertThat(startsOf(log)).isNotEmpty());
        List<Position> starts = startsOf(log);
        return starts.get(starts.size() - 1);
    }

    /** Where the log was said to start, each time. */
    public List<Position> startsOf(LogId log) {
        return calls(Call.Started.class).stream()
                .filter(started -> started.log().equals(log))
                .map(Call.Started::through)
                .toList();
    }

    /** Waits until an event has been delivered. */
    public void awaitId(String eventId) {
        await().untilAsserted(() -> assertThat(ids()).contains(eventId));
    }

    /** Waits until the adapter has told a gap and returns the first. */
    public LogPage.Gap awaitGap() {
        await().untilAsserted(() -> assertThat(calls(Call.Lost.class)).isNotEmpty());
        return calls(Call.Lost.class).get(0).gap();
    }

    /** Waits until the last status told is of this state, and returns it. */
    public TransportStatus awaitStatus(TransportStatus.State state) {
        await().untilAsserted(() -> assertThat(lastStates()).last().isEqualTo(state));
        List<Call.Status> told = calls(Call.Status.class);
        return told.get(told.size() - 1).status();
    }

    private List<TransportStatus.State> lastStates() {
        return calls(Call.Status.class).stream()
                .map(call -> call.status().state())
                .toList();
    }

    /** Fails if a call began before another had returned. */
    public void assertCallsNeverOverlapped() {
        assertThat(overlaps).as("calls that began inside another").hasValue(0);
    }
}
