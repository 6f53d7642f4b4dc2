package dev.realtime.transport.memory;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArraySet;
import org.jspecify.annotations.Nullable;

/**
 * The event log of one process, for all organisations: what was logged inside the replay window, and of that the
 * newest {@code maxBytes}. Under pressure the window thus becomes shorter, also for recognising an event that is
 * published again. The epoch is random: a new process begins a new log. Thread-safe; nothing blocks.
 */
public final class MemoryLog {
    /** Most payload bytes in one page, unless a single event is larger. */
    private static final int PAGE_BYTES = 1 << 20;

    private final Clock clock;
    private final Duration window;
    private final long maxBytes;
    private final String epoch = HexFormat.of().toHexDigits(new SecureRandom().nextLong());
    private final Set<Runnable> listeners = new CopyOnWriteArraySet<>();
    private final ClaimedKeys claimed = new ClaimedKeys(System::nanoTime);

    // Guarded by this.
    private final NavigableMap<Long, LogEntry> entries = new TreeMap<>();
    private final Map<String, OrganisationIndex> organisations = new HashMap<>();
    private Position floor = new Position(epoch, 0, Position.NO_EVENT);
    private Position head = floor;
    private long bytes;

    /**
     * An empty log.
     *
     * @param clock stamps the entries and ages them
     * @param window how long an entry is held
     * @param maxBytes what all entries may take, as {@link Envelope#weight} counts them; at least one event's
     */
    public MemoryLog(Clock clock, Duration window, long maxBytes) {
        this.clock = clock;
        this.window = window;
        this.maxBytes = maxBytes;
    }

    /** What the instances that share this log have claimed. */
    ClaimedKeys claimed() {
        return claimed;
    }

    /** Calls this after every append, on the thread that appended: only note it and return. */
    void addListener(Runnable listener) {
        listeners.add(listener);
    }

    void removeListener(Runnable listener) {
        listeners.remove(listener);
    }

    /** Appends what the log does not have yet, all or none, and says where each event is. */
    List<Position> append(List<Envelope> events) {
        return append(events, Duration.ZERO);
    }

    /** The same; what it does not have is not appended if the first attempt is as old as the window. */
    List<Position> append(List<Envelope> events, Duration age) {
        List<Position> positions = appendQuietly(events, age.compareTo(window) < 0);
        listeners.forEach(Runnable::run);
        return positions;
    }

    private synchronized List<Position> appendQuietly(List<Envelope> events, boolean inTime) {
        trim();
        for (Envelope event : events) {
            LogEntry known = find(event);
            if (known != null && !known.envelope().sameBodyAs(event)) {
                throw new EventConflictException(event.id());
            }
        }
        if (!inTime && events.stream().anyMatch(event -> find(event) == null)) {
            throw new PublicationInDoubtException("an earlier attempt may have left the replay window", null);
        }
        List<Position> positions = new ArrayList<>(events.size());
        for (Envelope event : events) {
            LogEntry known = find(event);
            positions.add((known != null ? known : add(event)).position());
        }
        trim();
        return List.copyOf(positions);
    }

    /** What an organisation has after a position. */
    synchronized LogPage read(String orgId, Position after, int maxEntries) {
        trim();
        OrganisationIndex organisation = organisations.get(orgId);
        return page(
                organisation == null ? Collections.emptyNavigableMap() : organisation.byOffset(), after, maxEntries);
    }

    /** What all organisations have after a position. */
    synchronized LogPage readAll(Position after, int maxEntries) {
        trim();
        return page(entries, after, maxEntries);
    }

    synchronized LogRange range() {
        trim();
        return new LogRange(floor, head);
    }

    private LogPage page(NavigableMap<Long, LogEntry> source, Position after, int maxEntries) {
        GapReason refusal = refusal(after);
        if (refusal != null) {
            return new LogPage.Gap(refusal, new LogRange(floor, head));
        }
        List<LogEntry> page = new ArrayList<>();
        long bytes = 0;
        for (LogEntry entry : source.tailMap(after.offset(), false).values()) {
            if (page.size() == maxEntries || bytes >= PAGE_BYTES) {
                break;
            }
            page.add(entry);
            bytes += entry.envelope().payload().size();
        }
        if (page.isEmpty()) {
            return new LogPage.Entries(page, head);
        }
        Position last = page.get(page.size() - 1).position();
        return new LogPage.Entries(page, last.offset() == source.lastKey() ? head : last);
    }

    /** Why the log cannot go on from there; null if it can. */
    private @Nullable GapReason refusal(Position after) {
        if (!after.epoch().equals(epoch)) {
            return GapReason.EPOCH_CHANGED;
        }
        if (after.offset() > head.offset()) {
            return GapReason.AHEAD;
        }
        if (after.offset() < floor.offset()) {
            return GapReason.TRIMMED;
        }
        return after.check().equals(checkAt(after.offset())) ? null : GapReason.EPOCH_CHANGED;
    }

    private @Nullable String checkAt(long offset) {
        LogEntry entry = entries.get(offset);
        return entry != null ? entry.position().check() : floor.check();
    }

    private @Nullable LogEntry find(Envelope event) {
        OrganisationIndex organisation = organisations.get(event.orgId());
        return organisation == null ? null : organisation.find(event.id());
    }

    private LogEntry add(Envelope event) {
        head = new Position(epoch, head.offset() + 1, Position.checkOf(event.id()));
        LogEntry entry = new LogEntry(head, event, micros(clock.instant()));
        entries.put(head.offset(), entry);
        organisations
                .computeIfAbsent(event.orgId(), orgId -> new OrganisationIndex())
                .add(entry);
        bytes += event.weight();
        return entry;
    }

    /** Lets go of the oldest entries until the rest is young and small enough. */
    private void trim() {
        long oldest = micros(clock.instant().minus(window));
        while (!entries.isEmpty()) {
            LogEntry first = entries.firstEntry().getValue();
            if (first.loggedAtMicros() >= oldest && bytes <= maxBytes) {
                return;
            }
            remove(first);
        }
    }

    private void remove(LogEntry entry) {
        Envelope event = entry.envelope();
        floor = entry.position();
        entries.remove(floor.offset());
        bytes -= event.weight();
        organisations.computeIfPresent(event.orgId(), (orgId, organisation) -> {
            organisation.remove(entry);
            return organisation.isEmpty() ? null : organisation;
        });
    }

    private static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }
}
