package dev.realtime.system.gateway;

import dev.realtime.system.equipment.Beside;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.SseReader;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A browser behind a load balancer: when its stream ends it waits as it was told, and goes on at the next instance that
 * takes it. Threads of its own follow it; the rest is thread-safe.
 */
final class Wanderer implements AutoCloseable {
    private final List<URI> instances;
    private final SseReader reader;
    private int at;
    private volatile boolean leaving;

    private Wanderer(List<URI> instances, int at, SseReader reader) {
        this.instances = instances;
        this.at = at;
        this.reader = reader;
    }

    /** Begins at this one of the instances. */
    static Wanderer startingAt(List<URI> instances, int at) {
        Wanderer wanderer = new Wanderer(instances, at, SseReader.open(instances.get(at), GatewayPair.STREAM));
        Beside.THREADS.execute(wanderer::follow);
        return wanderer;
    }

    SseReader reader() {
        return reader;
    }

    /** How long it was told to wait, each time that it was sent away. */
    List<Long> retries() {
        return reader.named("realtime.close").stream().map(Frame::retry).toList();
    }

    /** What is wrong with how it came back, one line each. */
    List<String> faults() {
        List<Frame> opens = reader.named("realtime.open");
        return IntStream.range(1, opens.size())
                .filter(i -> !isTheSameStreamElsewhere(opens.get(i - 1), opens.get(i)))
                .mapToObj(i -> opens.get(i - 1) + " went on as " + opens.get(i))
                .toList();
    }

    private boolean isTheSameStreamElsewhere(Frame before, Frame after) {
        String left = reader.frames().stream()
                .filter(frame -> frame.connection() == before.connection() && frame.id() != null)
                .reduce(before, (first, second) -> second)
                .id();
        return left.equals(after.id())
                && after.json().path("resumed").asBoolean()
                && !after.json().path("instance").equals(before.json().path("instance"));
    }

    private void follow() {
        if (leaving) {
            return;
        }
        try {
            reader.awaitEnd();
        } catch (ConditionTimeoutException stillOpen) {
            follow();
            return;
        }
        long retry = retries().isEmpty() ? 0 : retries().get(retries().size() - 1);
        Executor afterwards = CompletableFuture.delayedExecutor(retry, TimeUnit.MILLISECONDS, Beside.THREADS);
        afterwards.execute(this::moveOn);
    }

    private void moveOn() {
        Patience.until("an instance that takes it", () -> leaving || isTakenByTheNext());
        follow();
    }

    private boolean isTakenByTheNext() {
        at = (at + 1) % instances.size();
        try {
            reader.connect(instances.get(at));
            return true;
        } catch (AssertionError notThere) {
            return false;
        }
    }

    @Override
    public void close() {
        leaving = true;
        reader.close();
    }
}
