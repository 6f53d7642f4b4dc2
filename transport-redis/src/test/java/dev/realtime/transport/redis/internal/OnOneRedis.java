package dev.realtime.transport.redis.internal;

import static dev.realtime.transport.redis.internal.Instance.ORG;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.OwnRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** One server for all tests of a class, whose settings they may change; each test has a prefix of its own. */
@ExtendWith(LeakCheck.class)
abstract class OnOneRedis {
    static final Duration WINDOW = Duration.ofMinutes(10);
    static final Duration LONG = Duration.ofSeconds(30);
    private static final AtomicInteger TESTS = new AtomicInteger();

    static OwnRedis server;

    final String prefix = "one" + TESTS.incrementAndGet();
    Console console;
    private final List<Instance> instances = new ArrayList<>();

    @BeforeAll
    static void startServer() {
        server = OwnRedis.started();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void open() {
        console = new Console(server.url());
    }

    @AfterEach
    void close() {
        instances.forEach(Instance::close);
        console.close();
    }

    final Instance instance() {
        return instance(server.url(), WINDOW);
    }

    final Instance instance(String url, Duration window) {
        Instance instance = new Instance(url, prefix, window);
        instances.add(instance);
        return instance;
    }

    /** The name of a key of {@link Instance#ORG}. */
    final String key(String name) {
        return prefix + ":{org:" + ORG + "}:" + name;
    }

    static List<String> stored(Instance instance, Position after) {
        LogPage page = instance.adapter().read(ORG, after, 100);
        return ((LogPage.Entries) page)
                .entries().stream().map(LogEntry::envelope).map(Envelope::id).toList();
    }

    static List<State> states(Instance instance) {
        return instance.sink().calls(Call.Status.class).stream()
                .map(call -> call.status().state())
                .toList();
    }

    static Envelope large(int bytes) {
        return Envelopes.withPayload(Envelopes.of(ORG), JsonPayload.of('"' + "x".repeat(bytes - 2) + '"'));
    }

    static Throwable failure(CompletableFuture<List<Position>> publication) throws Exception {
        try {
            throw new AssertionError("published at " + publication.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }
}
