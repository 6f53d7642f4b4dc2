package dev.realtime.transport.runtime;

import java.util.function.DoubleSupplier;

/**
 * A figure of this instance, for {@code /metrics}. Immutable; its value is read on any thread, at any time, and never
 * blocks.
 *
 * @param name lower-case words joined by dots, with the unit last: {@code realtime.postgres.log.bytes}
 * @param description one line
 * @param counts whether it only grows, from the start of this instance
 * @param value what it is now; NaN while that is not known
 */
public record Measure(String name, String description, boolean counts, DoubleSupplier value) {
    /** A counter: it only grows while the instance lives. */
    public static Measure counter(String name, String description, DoubleSupplier value) {
        return new Measure(name, description, true, value);
    }

    /** A gauge: it rises and falls. */
    public static Measure gauge(String name, String description, DoubleSupplier value) {
        return new Measure(name, description, false, value);
    }
}
