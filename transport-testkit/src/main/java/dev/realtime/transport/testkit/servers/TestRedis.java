package dev.realtime.transport.testkit.servers;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A real Redis for all tests of this JVM. It is the server of {@code TEST_REDIS_URL} if that is set; else one in
 * Docker, if there is Docker; else the {@code redis-server} on the PATH; else the embedded one. It ends with the JVM.
 * Tests that stop their server use {@link OwnRedis}. Thread-safe.
 */
public final class TestRedis {
    private static final String GIVEN = "TEST_REDIS_URL";
    private static final String IMAGE = "redis:7-alpine";
    private static final int PORT = 6379;
    private static @Nullable TestRedis shared;

    private final String url;
    private final String source;

    private TestRedis(String url, String source) {
        this.url = url;
        this.source = source;
    }

    /** The one server, started at the first call. */
    public static synchronized TestRedis shared() {
        TestRedis found = shared == null ? found(System.getenv()) : shared;
        shared = found;
        return found;
    }

    static TestRedis found(Map<String, String> environment) {
        String given = environment.get(GIVEN);
        if (given != null && !given.isBlank()) {
            return new TestRedis(given, GIVEN);
        }
        return Docker.started(environment, IMAGE, TestRedis::inDocker)
                .orElseGet(() -> own(environment.getOrDefault("PATH", "")));
    }

    /** {@code redis://host:port}, or what {@code TEST_REDIS_URL} says. */
    public String url() {
        return url;
    }

    /** A prefix that no key has yet, so that tests can share one server. Keys under it are the test's to delete. */
    public String freshPrefix() {
        return FreshName.of("prefix");
    }

    /** Where it was found: {@code TEST_REDIS_URL}, {@code docker}, {@code redis-server} or {@code embedded}. */
    public String source() {
        return source;
    }

    private static TestRedis inDocker() {
        GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(IMAGE)).withExposedPorts(PORT);
        container.start();
        ClosedAtExit.add(container);
        return new TestRedis("redis://" + container.getHost() + ":" + container.getMappedPort(PORT), "docker");
    }

    private static TestRedis own(String path) {
        OwnRedis server = OwnRedis.started(path);
        return new TestRedis(server.url(), server.source());
    }
}
