package dev.realtime.transport.spi;

import java.time.Clock;
import java.time.Duration;

/**
 * What every adapter is told.
 *
 * @param instance names this process among the instances; ASCII, short
 * @param keyPrefix begins every name at the backend
 * @param replayWindow how long an event stays replayable
 * @param clock for time stamps; never for order
 */
public record AdapterContext(String instance, String keyPrefix, Duration replayWindow, Clock clock) {}
