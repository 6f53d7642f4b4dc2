package dev.realtime.transport.memory;

import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.ContractRules;
import dev.realtime.transport.testkit.ForgetfulBackend;
import dev.realtime.transport.testkit.RestartableBackend;
import java.time.Clock;

/** A backend with outages that can lose its log: for the rules that memory itself has no way to break. */
class FaultyBackend implements RestartableBackend, ForgetfulBackend {
    private volatile boolean up = true;
    private volatile MemoryLog log = newLog();

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
    public void close() {
        // the log goes with the last reference to it
    }

    private static MemoryLog newLog() {
        return new MemoryLog(Clock.systemUTC(), ContractRules.WINDOW, 1L << 28);
    }
}
