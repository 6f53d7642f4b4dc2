package dev.realtime.transport.testkit.checks;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** How long the rules wait. Stateless. */
public final class Patience {
    /** For what happens soon, on a slow and busy machine. */
    public static final Duration LONG = Duration.ofSeconds(20);
    /** What the contract calls a bounded time. */
    public static final Duration BOUND = Duration.ofSeconds(10);
    /** What "never blocks" may take, with a garbage collection in between. */
    public static final Duration AT_ONCE = Duration.ofSeconds(1);

    private Patience() {}

    public static ConditionFactory await() {
        return Awaitility.await().atMost(LONG).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10));
    }
}
