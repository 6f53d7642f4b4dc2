package dev.realtime.transport.spi;

import dev.realtime.transport.runtime.Supervisor;
import java.time.Clock;
import java.time.Duration;

/**
 * What every adapter is told.
 *
 * @param instance names this process among the instances; ASCII, short
 * @param keyPrefix begins every name at the backend
 * @param replayWindow how long an event stays replayable
 * @param clock for time stamps; never for order
 * @param supervisor runs the adapter's threads, and is told what does not work
 */
public record AdapterContext(
        String instance, String keyPrefix, Duration replayWindow, Clock clock, Supervisor supervisor) {
    /** The same with a supervisor of its own. */
    public AdapterContext(String instance, String keyPrefix, Duration replayWindow, Clock clock) {
        this(instance, keyPrefix, replayWindow, clock, Supervisor.standard());
    }
}
