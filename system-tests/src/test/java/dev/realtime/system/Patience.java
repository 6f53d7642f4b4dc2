package dev.realtime.system;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Callable;

/** How long a test waits for what must come. Generous: it is only ever used up by a failure. Stateless. */
final class Patience {
    static final Duration ALL = Duration.ofSeconds(45);

    private Patience() {}

    /** Returns as soon as it is so. Fails, naming it, when patience ends. */
    static void until(String what, Callable<Boolean> isSo) {
        await(what)
                .atMost(ALL)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(isSo);
    }
}
