package dev.realtime.benchmarks.equipment;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.settings.Settings;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** Opens front doors on a database. */
public final class Instance {
    public static final String ORG = "acme";

    private Instance() {}

    /** An instance that is live. */
    public static PubSub live(String url, String schema, Map<String, String> more) {
        Map<String, String> settings = new TreeMap<>(Map.of(
                "REALTIME_TRANSPORT", "postgres",
                "DATABASE_URL", url,
                "REALTIME_SCHEMA", schema));
        settings.putAll(more);
        PubSub pubSub = PubSub.open(Settings.of(settings));
        while (pubSub.status().state() != TransportStatus.State.LIVE) {
            LockSupport.parkNanos(1_000_000);
        }
        return pubSub;
    }
}
