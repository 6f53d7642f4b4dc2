package dev.realtime.transport.spi;

import dev.realtime.transport.runtime.Measure;
import java.util.List;

/** The ability of an adapter that has figures of its own, to be shown with the core's. */
public interface Measured {
    /** The same figures always. Any thread, before and after start and close as well. */
    List<Measure> measures();
}
