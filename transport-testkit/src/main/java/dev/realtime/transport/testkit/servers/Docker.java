package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;

/** Whether there is a Docker engine to start a server in, with an image to start it from. */
final class Docker {
    private static final Logger LOG = LoggerFactory.getLogger(Docker.class);
    private static final String NO_ANSWER = "no answer in time";
    private static final Duration LOOK = Duration.ofSeconds(20);
    private static final Duration PULL = Duration.ofMinutes(3);

    private Docker() {}

    /**
     * What was started in Docker. Nothing where there is none, and nothing, with one line that says why, where it is there
     * but cannot do it: the tests then have other servers.
     *
     * @param image pulled at most once if the engine does not have it: Testcontainers itself would try for minutes
     */
    static <T> Optional<T> started(Map<String, String> environment, String image, Supplier<T> start) {
        if (!mayBeThere(environment)) {
            return Optional.empty();
        }
        String why = withoutImage(image);
        try {
            if (why == null && DockerClientFactory.instance().isDockerAvailable()) {
                return Optional.of(start.get());
            }
        } catch (RuntimeException e) {
            why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        }
        LOG.warn(
                "Docker cannot start {} ({}), so an embedded server takes its place",
                image,
                why == null ? "no engine answers" : why);
        return Optional.empty();
    }

    /**
     * Asks Testcontainers only if there is anything it could connect to: where there is nothing it logs errors,
     * and to have no Docker is no error.
     */
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

    /** Why the image cannot be had; null if it is there, or if nobody can say because there is no command line client. */
    private static @Nullable String withoutImage(String image) {
        try {
            String look = run(LOOK, "docker", "image", "inspect", "--format", "{{.Id}}", image);
            return look == null || look.equals(NO_ANSWER) ? look : run(PULL, "docker", "pull", "--quiet", image);
        } catch (IOException noClient) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** Null if it went well, else the last line of what it said. */
    private static @Nullable String run(Duration atMost, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (InputStream said = process.getInputStream()) {
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                return NO_ANSWER;
            }
            List<String> lines = new String(said.readAllBytes(), Charset.defaultCharset())
                    .lines()
                    .toList();
            return process.exitValue() == 0 ? null : lines.isEmpty() ? "no image" : lines.get(lines.size() - 1);
        } finally {
            process.destroyForcibly();
        }
    }
}
