package dev.realtime.transport.redis.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.Envelope;
import dev.realtime.transport.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The call of append.lua. Thread-safe. */
final class AppendScript {
    private static final Script SCRIPT = Script.named("append.lua");

    private final String prefix;
    private final Duration window;

    AppendScript(String prefix, Duration window) {
        this.prefix = prefix;
        this.window = window;
    }

    /** What became of one publication. */
    sealed interface Outcome {
        /** In the log, at these positions. */
        record Appended(List<Position> positions) implements Outcome {}

        /** Not in the log, because another event is under this id. */
        record Conflict(String eventId) implements Outcome {}
    }

    /** Appends publications of one organisation, each all or none, in this order. */
    CompletableFuture<List<Outcome>> append(Session session, String orgId, List<List<Envelope>> publications) {
        OrgKeys keys = OrgKeys.of(prefix, orgId);
        List<byte[]> names = new ArrayList<>(List.of(keys.meta(), keys.stream(), keys.marks()));
        List<byte[]> arguments = Script.arguments(session, window);
        arguments.add(keys.channel());
        arguments.add(Long.toString(window.toMillis()).getBytes(UTF_8));
        arguments.add(number(publications.size()));
        publications.forEach(events -> arguments.add(number(events.size())));
        for (List<Envelope> events : publications) {
            for (Envelope event : events) {
                names.add(keys.event(event.id()));
                Entry.encode(event, arguments);
            }
        }
        return SCRIPT.run(session.publishing(), names.toArray(byte[][]::new), arguments.toArray(byte[][]::new))
                .thenApply(answer -> outcomes(publications, answer));
    }

    private static List<Outcome> outcomes(List<List<Envelope>> publications, List<Object> answer) {
        String epoch = Entry.text(answer.get(0));
        List<Outcome> outcomes = new ArrayList<>(publications.size());
        for (int i = 0; i < publications.size(); i++) {
            List<Envelope> events = publications.get(i);
            if (answer.get(i + 1) instanceof List<?> offsets) {
                outcomes.add(new Outcome.Appended(positions(epoch, events, offsets)));
            } else {
                int conflict = ((Long) answer.get(i + 1)).intValue();
                outcomes.add(new Outcome.Conflict(events.get(conflict - 1).id()));
            }
        }
        return outcomes;
    }

    private static List<Position> positions(String epoch, List<Envelope> events, List<?> offsets) {
        List<Position> positions = new ArrayList<>(events.size());
        for (int i = 0; i < events.size(); i++) {
            positions.add(new Position(
                    epoch, (Long) offsets.get(i), Position.checkOf(events.get(i).id())));
        }
        return List.copyOf(positions);
    }

    private static byte[] number(int number) {
        return Integer.toString(number).getBytes(UTF_8);
    }
}
