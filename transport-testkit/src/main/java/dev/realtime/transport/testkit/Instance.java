package dev.realtime.transport.testkit;

import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.checks.Patience;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.opentest4j.AssertionFailedError;

/** One instance of the application, as the rules play it: an adapter and what it told its sink. Thread-safe. */
final class Instance implements AutoCloseable {
    private static final String MARKER = "kit.marker";

    private final PubSubAdapter adapter;
    private final RecordingSink sink = new RecordingSink();

    Instance(PubSubAdapter adapter) {
        this.adapter = adapter;
        adapter.start(sink);
    }

    PubSubAdapter adapter() {
        return adapter;
    }

    RecordingSink sink() {
        return sink;
    }

    /** Somebody here listens to these organisations. */
    Instance follow(String... orgIds) {
        if (adapter instanceof FollowsOrganisations follower) {
            List.of(orgIds).forEach(follower::follow);
        }
        return this;
    }

    /** {@link #follow}, and waits until their logs have started. */
    Instance hear(String... orgIds) {
        follow(orgIds);
        for (String orgId : orgIds) {
            startOf(orgId);
        }
        return this;
    }

    /** Waits for the organisation's log to start and says where. */
    Position startOf(String orgId) {
        return sink.awaitStarted(adapter.logOf(orgId));
    }

    /** Publishes and waits for the commit. */
    List<Position> publish(List<Envelope> events) {
        return committed(adapter.publish(events));
    }

    Position publish(Envelope event) {
        return publish(List.of(event)).get(0);
    }

    /** The positions, once they are known. */
    static List<Position> committed(CompletableFuture<List<Position>> publication) {
        try {
            return publication.get(Patience.LONG.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionFailedError("not published: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionFailedError("interrupted", e);
        }
    }

    /** Why a publication fails, once it has; fails itself if the publication doesn't within the contract's bound. */
    static Throwable failure(CompletableFuture<List<Position>> publication) {
        try {
            List<Position> positions = publication.get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS);
            throw new AssertionFailedError("expected a failure, but it was published at " + positions);
        } catch (ExecutionException e) {
            return Objects.requireNonNullElse(e.getCause(), e);
        } catch (TimeoutException e) {
            throw new AssertionFailedError("neither published nor failed within " + Patience.BOUND, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionFailedError("interrupted", e);
        }
    }

    /** The positions; none if the publication failed because the transport was away. */
    static List<Position> positionsUnlessUnavailable(CompletableFuture<List<Position>> publication) {
        return committed(publication.exceptionally(failure -> {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof TransportUnavailableException) {
                return List.of();
            }
            throw new AssertionFailedError("failed, but not because the transport was away: " + cause, cause);
        }));
    }

    LogRange range(String orgId) {
        return adapter.range(orgId);
    }

    LogPage read(String orgId, Position after) {
        return adapter.read(orgId, after, 1_000);
    }

    /** Everything after a position up to the head, in pages; fails at a gap. */
    List<LogEntry> readAll(String orgId, Position after) {
        List<LogEntry> all = new ArrayList<>();
        Position at = after;
        while (true) {
            LogPage.Entries page = entries(read(orgId, at));
            if (page.entries().isEmpty()) {
                return all;
            }
            all.addAll(page.entries());
            at = page.through();
        }
    }

    static LogPage.Entries entries(LogPage page) {
        if (page instanceof LogPage.Entries entries) {
            return entries;
        }
        throw new AssertionFailedError("expected entries, but was " + page);
    }

    static LogPage.Gap gap(LogPage page) {
        if (page instanceof LogPage.Gap gap) {
            return gap;
        }
        throw new AssertionFailedError("expected a gap, but was " + page);
    }

    /** All that was delivered here of an organisation, markers apart. */
    List<LogEntry> heard(String orgId) {
        return heardBehind(orgId, publishMarker(orgId));
    }

    /** Publishes a marker behind all that was published, for {@link #heardBehind}, and says its id. */
    String publishMarker(String orgId) {
        Envelope marker = Envelopes.withNames(Envelopes.of(orgId), MARKER, "kit");
        publish(marker);
        return marker.id();
    }

    /**
     * All that was delivered here of an organisation, markers apart, once this marker is there. Waits for another one
     * of its own then: what was delivered twice together with the first comes before the second.
     */
    List<LogEntry> heardBehind(String orgId, String marker) {
        sink.awaitId(marker);
        sink.awaitId(publishMarker(orgId));
        return withoutMarkers(sink.entries().stream()
                .filter(entry -> entry.envelope().orgId().equals(orgId))
                .toList());
    }

    static List<LogEntry> withoutMarkers(List<LogEntry> entries) {
        return entries.stream()
                .filter(entry -> !entry.envelope().type().equals(MARKER))
                .toList();
    }

    @Override
    public void close() {
        adapter.close();
    }
}
