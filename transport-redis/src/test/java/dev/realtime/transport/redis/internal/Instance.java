package dev.realtime.transport.redis.internal;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.RedisAdapterProvider;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.RecordingSink;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One instance of the application: an adapter and what it told its sink. */
final class Instance implements AutoCloseable {
    static final String ORG = "acme";

    private final PubSubAdapter adapter;
    private final RecordingSink sink = new RecordingSink();

    Instance(String url, String prefix, Duration window) {
        adapter = new RedisAdapterProvider()
                .create(
                        Settings.of(Map.of("REDIS_URL", url)),
                        new AdapterContext("test 1", prefix, window, Clock.systemUTC()));
        adapter.start(sink);
    }

    PubSubAdapter adapter() {
        return adapter;
    }

    RecordingSink sink() {
        return sink;
    }

    Instance live() {
        sink.awaitStatus(State.LIVE);
        return this;
    }

    Instance following(String... organisations) {
        for (String orgId : organisations) {
            ((FollowsOrganisations) adapter).follow(orgId);
            sink.awaitStarted(new LogId(orgId));
        }
        return this;
    }

    List<Position> publish(List<Envelope> events) throws Exception {
        return adapter.publish(events).get(20, TimeUnit.SECONDS);
    }

    Position publish(Envelope event) throws Exception {
        return publish(List.of(event)).get(0);
    }

    @Override
    public void close() {
        adapter.close();
    }
}
