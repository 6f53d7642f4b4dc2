package dev.realtime.sse;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.settings.Settings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The endpoint on the memory transport, in some container on any port. Needs neither JUnit nor Jetty. */
abstract class ContainerEndpoint implements AutoCloseable {
    private final List<StreamClient> clients = new ArrayList<>();
    private final PubSub pubSub = PubSub.open(Settings.of(Map.of("REALTIME_TRANSPORT", "memory")));
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final RealtimeEndpoint endpoint;
    private boolean closed;

    ContainerEndpoint(EndpointOptions options) {
        this.endpoint = new RealtimeEndpoint(pubSub, request -> Caller.of("acme"), options, meters);
    }

    RealtimeEndpoint endpoint() {
        return endpoint;
    }

    abstract int port();

    /** Sockets that the container has open. */
    abstract long connections();

    abstract void stop();

    /** Streams that ended for this reason. */
    double ended(String reason) {
        return meters.get("realtime.stream.closes")
                .tag("reason", reason)
                .counter()
                .count();
    }

    StreamClient stream(String query, String... headers) {
        StreamClient client = StreamClient.open(port(), "/realtime/stream" + query, headers);
        clients.add(client);
        return client;
    }

    /** Publishes an event of this type and returns its cursor. */
    String publish(String type) {
        return publish(Event.of("acme", type));
    }

    String publish(Event event) {
        return pubSub.publish(event).committed().join().get(0).position().cursor();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        clients.forEach(StreamClient::close);
        endpoint.close();
        try {
            stop();
        } finally {
            pubSub.close();
        }
    }
}
