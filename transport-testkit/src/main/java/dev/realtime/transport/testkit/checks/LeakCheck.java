package dev.realtime.transport.testkit.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test that leaves a thread of ours behind: one whose name begins with {@value #PREFIX} and that was not there
 * before. Looks after {@code @AfterEach}, and gives the thread 5 s to end. Not for tests that run side by side in
 * one process: they see each other's threads.
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {
    /** What the name of every thread of ours begins with. */
    public static final String PREFIX = "realtime-";

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(LeakCheck.class);

    /** Our threads, by identity. */
    private record Before(Set<Thread> threads) {}

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(STORE).put(Before.class, new Before(running()));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Before before = context.getStore(STORE).get(Before.class, Before.class);
        assertNothingNewSince(before == null ? Set.of() : before.threads());
    }

    /** The threads of ours that live now. */
    public static Set<Thread> running() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(PREFIX))
                .collect(Collectors.toSet());
    }

    /** Fails when other threads of ours than these still live after 5 s. */
    public static void assertNothingNewSince(Set<Thread> before) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            Set<Thread> left = running();
            left.removeAll(before);
            assertThat(left).as("threads left behind").isEmpty();
        });
    }
}
