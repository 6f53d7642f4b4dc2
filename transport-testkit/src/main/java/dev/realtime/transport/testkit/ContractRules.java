package dev.realtime.transport.testkit;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the classes of rules share: a backend for each rule, and instances on it that are closed at its end.
 *
 * @param <B> what the rules need of the backend
 */
@ExtendWith(LeakCheck.class)
public abstract class ContractRules<B extends Backend> {
    /** The replay window of every instance. */
    public static final Duration WINDOW = Duration.ofMinutes(10);

    static final String ACME = "acme";
    static final String GLOBEX = "globex";

    private final Supplier<? extends B> backends;
    private final List<Instance> instances = new ArrayList<>();
    private final String keyPrefix = "kit_" + UUID.randomUUID().toString().substring(0, 8);
    private B backend;

    ContractRules(Supplier<? extends B> backends) {
        this.backends = backends;
    }

    @BeforeEach
    void openBackend() {
        backend = backends.get();
    }

    @AfterEach
    void closeEverything() {
        try {
            instances.forEach(Instance::close);
        } finally {
            backend.close();
        }
    }

    final B backend() {
        return backend;
    }

    /** Another instance, started; nobody waits until it is live. */
    final Instance startInstance() {
        String name = "kit-" + (instances.size() + 1);
        Instance instance =
                new Instance(backend.newAdapter(new AdapterContext(name, keyPrefix, WINDOW, Clock.systemUTC())));
        instances.add(instance);
        return instance;
    }

    /** Another instance, which hears these organisations. */
    final Instance instanceHearing(String... orgIds) {
        return startInstance().hear(orgIds);
    }

    /** Another instance, which hears the organisation of most rules. */
    final Instance instance() {
        return instanceHearing(ACME);
    }

    static List<Envelope> envelopes(List<LogEntry> entries) {
        return entries.stream().map(LogEntry::envelope).toList();
    }

    static List<Position> positions(List<LogEntry> entries) {
        return entries.stream().map(LogEntry::position).toList();
    }

    static List<Long> offsets(List<Position> positions) {
        return positions.stream().map(Position::offset).toList();
    }
}
