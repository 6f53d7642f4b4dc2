package dev.realtime.transport.redis.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Connector;
import dev.realtime.transport.redis.internal.connect.LogRefusedException;
import dev.realtime.transport.redis.internal.connect.RedisAddress;
import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.redis.internal.connect.Timing;
import dev.realtime.transport.redis.internal.log.Acknowledged;
import dev.realtime.transport.redis.internal.log.ReadScript;
import dev.realtime.transport.redis.internal.log.VerifyScript;
import dev.realtime.transport.redis.internal.publish.AppendScript;
import dev.realtime.transport.redis.internal.publish.PublishLanes;
import dev.realtime.transport.redis.internal.tail.Feed;
import dev.realtime.transport.redis.internal.tail.Interest;
import dev.realtime.transport.redis.internal.tail.StatusBoard;
import dev.realtime.transport.redis.internal.tail.Tail;
import dev.realtime.transport.runtime.Loop;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import io.lettuce.core.SetArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The adapter for Redis: one stream per organisation as the log, Pub/Sub as the wake-up. Thread-safe. */
public final class RedisAdapter implements PubSubAdapter, FollowsOrganisations, ClaimsKeys {
    private static final byte[] CLAIMED = {'1'};

    private final AdapterContext context;
    private final Interest interest = new Interest();
    private final Connector connector;
    private final StatusBoard board;
    private final ReadScript reads;
    private final Tail tail;
    private final PublishLanes lanes;
    private final Acknowledged acknowledged;

    // Set by start.
    private volatile @Nullable Loop loop;

    public RedisAdapter(RedisAddress address, AdapterContext context) {
        this.context = context;
        this.connector = new Connector(address, context.instance(), interest::nudge);
        this.board = new StatusBoard(context.clock());
        this.reads = new ReadScript(context.keyPrefix(), context.replayWindow());
        this.tail = new Tail(connector, interest, board, context.keyPrefix(), context.supervisor());
        this.acknowledged = new Acknowledged(context.replayWindow());
        this.lanes = new PublishLanes(
                tail::session, new AppendScript(context.keyPrefix(), context.replayWindow()), acknowledged);
    }

    @Override
    public void start(DeliverySink sink) {
        board.tell(sink);
        VerifyScript verifies = new VerifyScript(context.keyPrefix(), context.replayWindow());
        Feed feed =
                new Feed(reads, verifies, acknowledged, context.keyPrefix(), context.replayWindow(), interest, sink);
        loop = context.supervisor()
                .loop("realtime-redis-tail", () -> tail.session(feed))
                .start();
    }

    @Override
    public LogId logOf(String orgId) {
        return new LogId(orgId);
    }

    @Override
    public void follow(String orgId) {
        interest.follow(orgId);
    }

    @Override
    public void unfollow(String orgId) {
        interest.unfollow(orgId);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
        return publish(events, Duration.ZERO);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events, Duration age) {
        Map<String, Part> parts = new LinkedHashMap<>();
        for (int i = 0; i < events.size(); i++) {
            parts.computeIfAbsent(events.get(i).orgId(), orgId -> new Part(new ArrayList<>(), new ArrayList<>()))
                    .add(events.get(i), i);
        }
        Position[] inOrder = new Position[events.size()];
        List<CompletableFuture<Void>> appended = new ArrayList<>();
        parts.forEach((orgId, part) -> appended.add(
                lanes.publish(orgId, part.events(), age).thenAccept(positions -> part.place(positions, inOrder))));
        return CompletableFuture.allOf(appended.toArray(CompletableFuture[]::new))
                .thenApply(all -> List.of(inOrder));
    }

    /** One organisation's events in a publication, and which they are in it. */
    private record Part(List<Envelope> events, List<Integer> places) {
        void add(Envelope event, int place) {
            events.add(event);
            places.add(place);
        }

        void place(List<Position> positions, Position[] inOrder) {
            for (int i = 0; i < positions.size(); i++) {
                inOrder[places.get(i)] = positions.get(i);
            }
        }
    }

    @Override
    public LogPage read(String orgId, Position after, int maxEvents) {
        Session session = tail.session();
        return readable(
                orgId,
                () -> session.await(reads.read(session, orgId, after, maxEvents))
                        .page());
    }

    @Override
    public LogRange range(String orgId) {
        Session session = tail.session();
        return readable(orgId, () -> session.await(reads.range(session, orgId)));
    }

    private static <T> T readable(String orgId, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (LogRefusedException e) {
            throw new TransportUnavailableException("redis: organisation " + orgId + ": " + e.getMessage(), e);
        }
    }

    @Override
    public boolean claim(String key, Duration ttl) {
        Session session = tail.session();
        byte[] name = (context.keyPrefix() + ":claim:" + key).getBytes(UTF_8);
        SetArgs free = SetArgs.Builder.nx().px(ttl.toMillis());
        return session.awaitPublishing(session.publishing().set(name, CLAIMED, free)) != null;
    }

    @Override
    public TransportStatus status() {
        return board.status();
    }

    @Override
    public void close() {
        lanes.close();
        interest.close();
        Loop running = loop;
        if (running == null) {
            board.closed();
        } else {
            join(running);
        }
        connector.close();
    }

    private static void join(Loop loop) {
        loop.join(Timing.CLOSE.toMillis());
        loop.interrupt(); // if it still waits for a server that says nothing
        loop.join(Timing.CLOSE.toMillis());
    }
}
