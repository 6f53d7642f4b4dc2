package dev.realtime.system.equipment;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Callable;

/** How long a test waits for what must come. Generous: it is only ever used up by a failure. Stateless. */
public final class Patience {
    public static final Duration ALL = Duration.ofSeconds(45);

    private static final int BUSY = 3;

    private Patience() {}

    /** As {@link #until}, for what has to come soon: within this time, or thrice as long on a busy machine. */
    public static void within(Duration promised, String what, Callable<Boolean> isSo) {
        await(what)
                .atMost(promised.multipliedBy(BUSY))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .until(isSo);
    }

    /** Returns as soon as it is so. Fails, naming it, when patience ends. */
    public static void until(String what, Callable<Boolean> isSo) {
        await(what)
                .atMost(ALL)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(isSo);
    }
}
