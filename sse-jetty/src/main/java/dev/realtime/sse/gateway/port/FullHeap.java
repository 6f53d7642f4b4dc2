package dev.realtime.sse.gateway.port;

import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import java.util.Locale;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the gateway's process does when a part of it has run out of heap: it ends, because nobody knows what else is
 * broken, and its clients resume at another instance by their cursors. A library never does this.
 */
public final class FullHeap {
    public static final SettingKey ON_OUT_OF_MEMORY = SettingKey.plain("REALTIME_ON_OUT_OF_MEMORY");

    /** As the JVM's own {@code -XX:+ExitOnOutOfMemoryError} does. */
    public static final int EXIT_CODE = 3;

    private static final Logger LOG = LoggerFactory.getLogger(FullHeap.class);
    private static final String EXIT = "exit";
    private static final String CONTINUE = "continue";

    private FullHeap() {}

    /** As the settings say: {@code exit}, the default, or {@code continue}. */
    public static Consumer<OutOfMemoryError> policy(Settings settings) {
        String wanted = settings.get(ON_OUT_OF_MEMORY, EXIT).toLowerCase(Locale.ROOT);
        return switch (wanted) {
            case EXIT -> error -> exit();
            case CONTINUE -> error -> {};
            default -> throw settings.refused(ON_OUT_OF_MEMORY, "it is exit or continue");
        };
    }

    /** At once: a drain would need the heap that is not there. */
    private static void exit() {
        try {
            LOG.error("The heap is full: this process ends, its clients resume elsewhere. Give it more by -Xmx, or set "
                    + "REALTIME_ON_OUT_OF_MEMORY=continue");
        } finally {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }
}
