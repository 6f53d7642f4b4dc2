package dev.realtime.transport.internal.equipment;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.internal.FrontDoor;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Clock;
import java.time.Duration;

/** Front doors on an adapter of a test. */
public final class Doors {
    public static final int MAX_PAYLOAD = 1 << 24;

    private Doors() {}

    public static PubSub on(PubSubAdapter adapter) {
        return on(adapter, Duration.ZERO);
    }

    /** One where publishers wait for room. */
    public static PubSub on(PubSubAdapter adapter, Duration patience) {
        return on(adapter, patience, Duration.ofMinutes(10));
    }

    /** One with a replay window of its own. */
    public static PubSub on(PubSubAdapter adapter, Duration patience, Duration window) {
        AdapterContext context = new AdapterContext("i-test", "test", window, Clock.systemUTC());
        return new FrontDoor("scripted", context, adapter, MAX_PAYLOAD, patience);
    }
}
