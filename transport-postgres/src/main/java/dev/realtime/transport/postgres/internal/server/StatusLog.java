package dev.realtime.transport.postgres.internal.server;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Says each change of the status in the log, in one line. The same line again within a minute is only counted, so
 * that what comes and goes does not flood the log. Owned by one thread.
 */
public final class StatusLog {
    private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();
    /** Different lines that are remembered; beyond that the oldest may be repeated early. */
    private static final int LINES = 32;

    private record Said(long at, int unsaid) {}

    private final Logger log;
    private final Map<String, Said> said = new LinkedHashMap<>();

    public StatusLog(Logger log) {
        this.log = log;
    }

    public void say(TransportStatus now, long nanos) {
        switch (now.state()) {
            case DOWN -> warn(now.cause() + "; single-instance mode until it is back", nanos);
            case DEGRADED -> warn("degraded: " + now.cause(), nanos);
            case LIVE -> {
                String line = line("postgres is live", nanos);
                if (line != null) {
                    log.info("{}", line);
                }
            }
            case STARTING, CLOSED -> log.debug("{}", State.CLOSED == now.state() ? "closed" : "starting");
        }
    }

    /** One line for an operator. */
    void warn(String what, long nanos) {
        String line = line(what, nanos);
        if (line != null) {
            log.warn("{}", line);
        }
    }

    /** The line to be said now, or null. */
    private @Nullable String line(String what, long nanos) {
        Said last = said.get(what);
        if (last != null && nanos - last.at() < QUIET_NANOS) {
            said.put(what, new Said(last.at(), last.unsaid() + 1));
            return null;
        }
        if (last == null && said.size() == LINES) {
            said.remove(said.keySet().iterator().next());
        }
        said.put(what, new Said(nanos, 0));
        return last == null || last.unsaid() == 0
                ? what
                : what + " (and " + last.unsaid() + " times since it was said)";
    }
}
