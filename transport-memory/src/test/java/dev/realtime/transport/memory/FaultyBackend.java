package dev.realtime.transport.memory;

import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.ContractRules;
import dev.realtime.transport.testkit.ForgetfulBackend;
import dev.realtime.transport.testkit.RestartableBackend;
import java.time.Clock;
import java.util.List;

/** A backend with outages that can lose its log: for the rules that memory itself has no way to break. */
class FaultyBackend implements RestartableBackend, ForgetfulBackend {
    private volatile boolean up = true;
    private volatile MemoryLog log = newLog();
    private volatile List<Envelope> kept = List.of();

    @Override
    public PubSubAdapter newAdapter(AdapterContext context) {
        return new PollingAdapter(this, context.clock());
    }

    /** The log, as if over a network. */
    MemoryLog connect() {
        if (!up) {
            throw new TransportUnavailableException("the backend is down", null);
        }
        return log;
    }

    @Override
    public void stop() {
        up = false;
    }

    @Override
    public void start() {
        up = true;
    }

    @Override
    public void loseEverything() {
        log = newLog();
    }

    @Override
    public void keep() {
        kept = log.readAll(log.range().floor(), Integer.MAX_VALUE) instanceof LogPage.Entries all
                ? all.entries().stream().map(LogEntry::envelope).toList()
                : List.of();
    }

    @Override
    public void loseWhatCameSince() {
        MemoryLog restored = newLog();
        restored.append(kept);
        log = restored;
    }

    @Override
    public void close() {
        // the log goes with the last reference to it
    }

    private static MemoryLog newLog() {
        return new MemoryLog(Clock.systemUTC(), ContractRules.WINDOW, 1L << 28);
    }
}
