package dev.realtime.transport.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryLogTest {
    private static final Duration WINDOW = Duration.ofSeconds(60);
    private static final int MAX_BYTES = 10_000;

    private final ManualClock clock = new ManualClock(Instant.parse("2026-11-20T12:00:00Z"));
    private final MemoryLog log = new MemoryLog(clock, WINDOW, MAX_BYTES);

    @Test
    void holdsAnEntryForTheWholeWindowAndNoLonger() {
        Position start = log.range().head();
        Position only = append(1).get(0);

        clock.advance(WINDOW);
        assertThat(positions(log.read("acme", start, 10))).containsExactly(only);

        clock.advance(Duration.ofNanos(1_000));
        assertThat(log.read("acme", start, 10)).isEqualTo(new LogPage.Gap(GapReason.TRIMMED, log.range()));
        assertThat(log.range().floor()).isEqualTo(only);
    }

    @Test
    void letsGoOfTheOldestWhenTheBytesRunOut() {
        int held = MAX_BYTES / Envelopes.of("acme").weight();
        List<Position> positions = append(held + 5);

        assertThat(log.range().floor()).isEqualTo(positions.get(4));
        assertThat(positions(log.readAll(positions.get(4), 1_000))).isEqualTo(positions.subList(5, held + 5));
    }

    @Test
    void takesBytesBackWhenEntriesLeave() {
        int held = MAX_BYTES / Envelopes.of("acme").weight();
        append(held);
        clock.advance(WINDOW.plusSeconds(1));

        List<Position> young = append(held);

        assertThat(positions(log.readAll(log.range().floor(), 1_000))).isEqualTo(young);
    }

    @Test
    void foreignPositionThatNothingProvesIsNotTrimmedOrAhead() {
        List<Position> old = append(2);
        clock.advance(WINDOW.plusSeconds(1));
        Position head = append(1).get(0);

        for (long offset : List.of(old.get(0).offset(), head.offset() + 1)) {
            LogPage page = log.read("acme", new Position("foreign", offset, head.check()), 10);
            assertThat(page).isEqualTo(new LogPage.Gap(GapReason.EPOCH_CHANGED, log.range()));
        }
    }

    @Test
    void everyLogHasItsOwnEpoch() {
        MemoryLog other = new MemoryLog(clock, WINDOW, MAX_BYTES);

        assertThat(other.range().head().epoch()).isNotEqualTo(log.range().head().epoch());
    }

    private List<Position> append(int count) {
        List<Envelope> events = Envelopes.several("acme", count);
        return log.append(events);
    }

    private static List<Position> positions(LogPage page) {
        assertThat(page).isInstanceOf(LogPage.Entries.class);
        return ((LogPage.Entries) page)
                .entries().stream().map(LogEntry::position).toList();
    }
}
