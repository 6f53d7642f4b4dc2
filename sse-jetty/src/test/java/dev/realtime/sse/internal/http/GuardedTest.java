package dev.realtime.sse.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.helpers.NOPLogger;
import org.slf4j.helpers.SubstituteLogger;

class GuardedTest {
    @Test
    void whatAStepThrowsGoesNoFurther() {
        AtomicInteger steps = new AtomicInteger();
        assertThatCode(() -> Guarded.run(
                        () -> {
                            steps.incrementAndGet();
                            throw new OutOfMemoryError("as it were");
                        },
                        NOPLogger.NOP_LOGGER,
                        "failed"))
                .doesNotThrowAnyException();
        assertThat(steps).hasValue(1);
    }

    @Test
    void norDoesWhatTheLogThrowsThen() {
        Logger full = new SubstituteLogger("full", null, true) {
            @Override
            public void error(String message, Throwable failure) {
                throw new OutOfMemoryError("here too");
            }
        };
        assertThatCode(() -> Guarded.run(
                        () -> {
                            throw new IllegalStateException("failed");
                        },
                        full,
                        "failed"))
                .doesNotThrowAnyException();
    }
}
