package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DockerTest {
    /** Whether an engine is there or not: a registry on a port that nobody listens on has no image. */
    @Test
    void withoutAnImageNothingIsStartedAndNothingFails() {
        assertThat(Docker.started(
                        Map.of("DOCKER_HOST", "unix:///nowhere"), "localhost:1/no-such-image:1", () -> "started"))
                .isEmpty();
    }
}
