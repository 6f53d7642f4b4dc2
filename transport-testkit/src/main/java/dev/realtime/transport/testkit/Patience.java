package dev.realtime.transport.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** How long the rules wait. Stateless. */
final class Patience {
    /** For what happens soon, on a slow and busy machine. */
    static final Duration LONG = Duration.ofSeconds(20);
    /** What the contract calls a bounded time. */
    static final Duration BOUND = Duration.ofSeconds(10);
    /** What "never blocks" may take, with a garbage collection in between. */
    static final Duration AT_ONCE = Duration.ofSeconds(1);

    private Patience() {}

    static ConditionFactory await() {
        return Awaitility.await().atMost(LONG).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10));
    }
}
