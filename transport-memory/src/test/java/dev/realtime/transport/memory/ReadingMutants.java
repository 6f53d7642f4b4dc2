package dev.realtime.transport.memory;

import static dev.realtime.transport.memory.Mutant.paging;
import static dev.realtime.transport.memory.Mutant.ranging;
import static dev.realtime.transport.memory.Mutant.reading;
import static dev.realtime.transport.memory.WritingMutants.moved;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/** Adapters that read, or end, wrongly. */
final class ReadingMutants {
    private static final Position NEW_LOG = new Position("unborn", 0, Position.NO_EVENT);

    private ReadingMutants() {}

    static Stream<Mutant> all() {
        return Stream.of(pages(), ranges(), gaps(), lives()).flatMap(mutants -> mutants);
    }

    private static Stream<Mutant> pages() {
        return Stream.of(
                reading("R3", "knows no bound", (adapter, orgId, after, max) -> adapter.read(orgId, after, 1_000)),
                paging(
                        "R4",
                        "leaves out the first entry",
                        (page, after) -> page instanceof LogPage.Entries entries
                                ? new LogPage.Entries(
                                        entries.entries().stream().skip(1).toList(), entries.through())
                                : page),
                paging(
                        "R5",
                        "stays where it was",
                        (page, after) -> page instanceof LogPage.Entries entries
                                        && entries.entries().isEmpty()
                                ? new LogPage.Entries(List.of(), moved(after, -1))
                                : page),
                paging(
                        "O3",
                        "does not see past the last entry",
                        (page, after) -> page instanceof LogPage.Entries entries
                                        && !entries.entries().isEmpty()
                                ? new LogPage.Entries(entries.entries(), last(entries.entries()))
                                : page),
                reading("O1", "reads the neighbours' too", (adapter, orgId, after, max) -> {
                    LogPage page = adapter.read(orgId, after, max);
                    if (!(page instanceof LogPage.Entries own)) {
                        return page;
                    }
                    List<LogEntry> both = new ArrayList<>(own.entries());
                    both.addAll(entriesOf(adapter.read("globex", after, max)));
                    return new LogPage.Entries(both, own.through());
                }));
    }

    private static Stream<Mutant> ranges() {
        return Stream.of(
                ranging(
                        "R1",
                        "gives offset 0 a check",
                        range -> new LogRange(
                                range.floor(),
                                new Position(range.head().epoch(), range.head().offset(), "e3b0c4"))),
                ranging(
                        "R2",
                        "begins its epoch with the first event",
                        range -> range.head().offset() > 0 ? range : new LogRange(NEW_LOG, NEW_LOG)),
                new Mutant("R6", "remembers the head", adapter -> new ForwardingAdapter(adapter) {
                    private final AtomicReference<LogRange> remembered = new AtomicReference<>();

                    @Override
                    public LogRange range(String orgId) {
                        remembered.compareAndSet(null, adapter.range(orgId));
                        return remembered.get();
                    }
                }),
                ranging(
                        "T3",
                        "forgets what was trimmed whole",
                        range -> range.floor().equals(range.head())
                                ? new LogRange(
                                        moved(range.floor(), -range.floor().offset()),
                                        moved(range.head(), -range.head().offset()))
                                : range),
                new Mutant("O6", "makes an epoch for whoever asks", adapter -> new ForwardingAdapter(adapter) {
                    @Override
                    public LogRange range(String orgId) {
                        LogRange range = adapter.range(orgId);
                        return orgId.equals("nobody") ? new LogRange(NEW_LOG, NEW_LOG) : range;
                    }
                }));
    }

    private static Stream<Mutant> gaps() {
        return Stream.of(
                paging(
                        "R7",
                        "takes ahead for the head",
                        (page, after) -> page instanceof LogPage.Gap ? new LogPage.Entries(List.of(), after) : page),
                paging(
                        "R8",
                        "does not verify the check",
                        (page, after) -> page instanceof LogPage.Gap gap
                                ? new LogPage.Entries(List.of(), gap.range().head())
                                : page),
                reading("R9", "takes the check for a proof", ReadingMutants::inAnyEpoch),
                reading("R10", "lets everybody begin at 0", ReadingMutants::fromTheFloorAtZero),
                reading("T2", "lets everybody begin at 0", ReadingMutants::fromTheFloorAtZero),
                paging(
                        "T1",
                        "says nothing was ever trimmed",
                        (page, after) -> page instanceof LogPage.Gap gap
                                ? new LogPage.Gap(
                                        gap.reason(),
                                        new LogRange(
                                                moved(
                                                        gap.range().floor(),
                                                        -gap.range().floor().offset()),
                                                gap.range().head()))
                                : page),
                reading("T5", "trusts whoever comes to the floor", (adapter, orgId, after, max) -> {
                    Position floor = adapter.range(orgId).floor();
                    return adapter.read(orgId, after.offset() == floor.offset() ? floor : after, max);
                }));
    }

    private static Stream<Mutant> lives() {
        return Stream.of(
                new Mutant("L1", "does not know since when", adapter -> new ForwardingAdapter(adapter) {
                    @Override
                    public TransportStatus status() {
                        TransportStatus status = adapter.status();
                        return new TransportStatus(status.state(), status.cause(), Instant.EPOCH);
                    }
                }),
                new Mutant("L2", "begins its end anew at every close", adapter -> new ForwardingAdapter(adapter) {
                    private volatile Instant closed = Instant.EPOCH;

                    @Override
                    public TransportStatus status() {
                        TransportStatus status = adapter.status();
                        return new TransportStatus(status.state(), status.cause(), closed);
                    }

                    @Override
                    public void close() {
                        closed = closed.plusSeconds(1);
                        adapter.close();
                    }
                }),
                Mutant.publishing(
                        "L3",
                        "answers when closed",
                        (adapter, events) -> adapter.publish(events).exceptionally(closed -> List.of())),
                new Mutant("L4", "goes on after close", adapter -> new SecondThread(adapter, 3_000)),
                new Mutant("L5", "leaves a thread", adapter -> new SecondThread(adapter, 5_500)));
    }

    private static LogPage inAnyEpoch(PubSubAdapter adapter, String orgId, Position after, int max) {
        String epoch = adapter.range(orgId).head().epoch();
        return adapter.read(orgId, new Position(epoch, after.offset(), after.check()), max);
    }

    private static LogPage fromTheFloorAtZero(PubSubAdapter adapter, String orgId, Position after, int maxEvents) {
        Position from = after.offset() == 0 ? adapter.range(orgId).floor() : after;
        return adapter.read(orgId, from, maxEvents);
    }

    private static List<LogEntry> entriesOf(LogPage page) {
        return page instanceof LogPage.Entries entries ? entries.entries() : List.of();
    }

    private static Position last(List<LogEntry> entries) {
        return entries.get(entries.size() - 1).position();
    }
}
