package dev.realtime.sse.gateway;

import dev.realtime.sse.gateway.auth.NoneAuthorizer;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Published;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.settings.Settings;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Publishes one event, straight through the transport. */
@Command(
        name = "publish",
        mixinStandardHelpOptions = true,
        description = "Publishes one event through the transport, waits for its commit, and prints its id and cursor.")
final class PublishCommand implements Callable<Integer> {
    private static final int COMMIT_SECONDS = 10;

    private final Settings settings;
    private final PrintWriter out;

    @Parameters(paramLabel = "EVENT", description = "The event's type, such as orders.updated.")
    private String type = "";

    @Option(names = "--org", paramLabel = "ORG", description = "The organisation (default: ${DEFAULT-VALUE}).")
    private String organisation = NoneAuthorizer.ORGANISATION;

    @Option(names = "--topic", paramLabel = "TOPIC", description = "The topic (default: ${DEFAULT-VALUE}).")
    private String topic = Event.DEFAULT_TOPIC;

    @Option(names = "--payload", paramLabel = "JSON", description = "The payload (default: ${DEFAULT-VALUE}).")
    private String payload = "{}";

    @Option(names = "--user", paramLabel = "USER", description = "Only for this user. May be repeated.")
    private @Nullable List<String> users;

    @Option(names = "--id", paramLabel = "ID", description = "The event's id, for publishing again safely.")
    private @Nullable String id;

    PublishCommand(Settings settings, PrintWriter out) {
        this.settings = settings;
        this.out = out;
    }

    @Override
    public Integer call() throws Exception {
        GatewaySettings.requireKnown(settings);
        Event event = event();
        try (PubSub pubSub = PubSub.open(settings)) {
            List<Published> published = pubSub.publish(event).committed().get(COMMIT_SECONDS, TimeUnit.SECONDS);
            published.forEach(
                    each -> out.println(each.id() + " " + each.position().cursor()));
            return 0;
        } catch (TimeoutException e) {
            throw new TransportUnavailableException("not committed within " + COMMIT_SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private Event event() {
        Event event = Event.of(organisation, type).withTopic(topic).withPayload(payload);
        if (users != null) {
            Set<String> audience = new HashSet<>(users);
            event = event.withAudience(audience);
        }
        return id == null ? event : event.withId(id);
    }
}
