package dev.realtime.transport.memory;

import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.ContractRules;
import dev.realtime.transport.testkit.TrimmableBackend;
import dev.realtime.transport.testkit.checks.ManualClock;
import java.time.Instant;

/** One log for all instances of a rule, and the hand on its clock. */
class MemoryBackend implements TrimmableBackend {
    private final ManualClock clock = new ManualClock(Instant.parse("2026-11-20T12:00:00Z"));
    private final MemoryLog log = new MemoryLog(clock, ContractRules.WINDOW, 1L << 28);

    @Override
    public PubSubAdapter newAdapter(AdapterContext context) {
        return new MemoryAdapter(log, context.clock());
    }

    @Override
    public void expireAll() {
        clock.advance(ContractRules.WINDOW.plusSeconds(1));
    }

    @Override
    public void close() {
        // the log goes with the last reference to it
    }
}
