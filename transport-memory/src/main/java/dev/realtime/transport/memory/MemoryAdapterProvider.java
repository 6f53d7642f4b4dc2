package dev.realtime.transport.memory;

import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import java.util.Set;

/** Makes the adapter {@code memory}, each with a log of its own. Stateless. */
public final class MemoryAdapterProvider implements PubSubAdapterProvider {
    /** What the log may take of the heap, in bytes (about): 32 MiB to 2 GiB less one, 256 MiB unless set. */
    public static final SettingKey MAX_BYTES = SettingKey.plain("REALTIME_MEMORY_MAX_BYTES");

    private static final int LEAST_BYTES = 33_554_432;
    private static final int DEFAULT_BYTES = 268_435_456;

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Set<SettingKey> settings() {
        return Set.of(MAX_BYTES);
    }

    @Override
    public PubSubAdapter create(Settings settings, AdapterContext context) {
        int maxBytes = settings.integer(MAX_BYTES, DEFAULT_BYTES, LEAST_BYTES, Integer.MAX_VALUE);
        MemoryLog log = new MemoryLog(context.clock(), context.replayWindow(), maxBytes);
        return new MemoryAdapter(log, context.clock(), context.supervisor());
    }
}
