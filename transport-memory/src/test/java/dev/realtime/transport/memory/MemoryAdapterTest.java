package dev.realtime.transport.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.checks.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is memory's own, beside the contract. */
@ExtendWith(LeakCheck.class)
class MemoryAdapterTest {
    private static final Duration WINDOW = Duration.ofSeconds(60);

    private final ManualClock clock = new ManualClock(Instant.parse("2026-11-20T12:00:00Z"));
    private final AdapterContext context = new AdapterContext("test", "realtime", WINDOW, clock);

    @Test
    void isLiveAsSoonAsItIsStartedAndPublishesAtOnce() {
        try (MemoryAdapter adapter = new MemoryAdapter(new MemoryLog(clock, WINDOW, 1 << 25), clock)) {
            adapter.start(new RecordingSink());

            assertThat(adapter.status())
                    .isEqualTo(new TransportStatus(TransportStatus.State.LIVE, null, clock.instant()));
            assertThat(adapter.publish(Envelopes.several("acme", 3))).isCompleted();
        }
    }

    @Test
    void tellsAGapWhenTheLogTrimmedWhatItHadNotDelivered() {
        MemoryLog log = new MemoryLog(clock, WINDOW, 10_000);
        RecordingSink sink = new RecordingSink();
        List<Envelope> tooMany = Envelopes.several("acme", 200);
        try (MemoryAdapter adapter = new MemoryAdapter(log, clock)) {
            adapter.start(sink);
            List<Position> positions = adapter.publish(tooMany).join();

            LogPage.Gap gap = sink.awaitGap();

            sink.awaitId(tooMany.get(199).id());
            int lost = positions.indexOf(gap.resumesAt()) + 1;
            assertThat(gap.reason()).isEqualTo(GapReason.TRIMMED);
            assertThat(lost).isPositive();
            assertThat(sink.ids())
                    .isEqualTo(tooMany.subList(lost, 200).stream()
                            .map(Envelope::id)
                            .toList());
            assertThat(sink.startsOf(LogId.SHARED)).hasSize(1);
        }
    }

    @Test
    void isFoundByItsNameAndConnectsNothingBeforeItsStart() {
        PubSubAdapterProvider provider = ServiceLoader.load(PubSubAdapterProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(found -> found.name().equals("memory"))
                .findFirst()
                .orElseThrow();

        try (var adapter = provider.create(Settings.of(Map.of()), context)) {
            assertThat(adapter.status().state()).isEqualTo(TransportStatus.State.STARTING);
            assertThat(provider.settings()).containsExactly(MemoryAdapterProvider.MAX_BYTES);
        }
    }

    @Test
    void refusesLessRoomThanALargeEventNeeds() {
        Settings settings = Settings.of(Map.of("REALTIME_MEMORY_MAX_BYTES", "1000000"));

        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> new MemoryAdapterProvider().create(settings, context))
                .withMessageContaining("REALTIME_MEMORY_MAX_BYTES")
                .withMessageContaining("33554432");
    }
}
