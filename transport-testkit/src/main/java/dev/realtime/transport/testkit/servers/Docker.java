package dev.realtime.transport.testkit.servers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;

/** Whether there is a Docker engine to start a server in. */
final class Docker {
    private Docker() {}

    /**
     * Asks Testcontainers only if there is anything it could connect to: where there is nothing it logs errors,
     * and to have no Docker is no error.
     */
    static boolean isAvailable(Map<String, String> environment) {
        return mayBeThere(environment) && DockerClientFactory.instance().isDockerAvailable();
    }

    private static boolean mayBeThere(Map<String, String> environment) {
        Path home = Path.of(System.getProperty("user.home"));
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "/run");
        return environment.containsKey("DOCKER_HOST")
                || Stream.of(
                                Path.of("/var/run/docker.sock"),
                                Path.of(runtime, "docker.sock"),
                                home.resolve(".docker/run/docker.sock"),
                                home.resolve(".docker/desktop/docker.sock"),
                                home.resolve(".testcontainers.properties"))
                        .anyMatch(Files::exists);
    }
}
