package dev.realtime.transport.redis.internal.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Reply;
import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.redis.internal.connect.Timing;
import dev.realtime.transport.redis.internal.log.Entry;
import dev.realtime.transport.redis.internal.log.OrgKeys;
import dev.realtime.transport.redis.internal.log.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** The call of append.lua. Thread-safe. */
public final class AppendScript {
    private static final Script SCRIPT = Script.named("append.lua");
    /** What each value takes beside itself, about. */
    private static final int OVERHEAD = 16;
    /** A number that Lua still holds exactly. */
    private static final long NEVER_MICROS = 1L << 52;

    private final String prefix;
    private final Duration window;
    private final long repeatableMicros;

    public AppendScript(String prefix, Duration window) {
        this.prefix = prefix;
        this.window = window;
        this.repeatableMicros = Timing.repeatable(window).toNanos() / 1_000;
    }

    /**
     * Events of one organisation, all or none.
     *
     * @param sentNanos when they were first sent
     */
    record Group(List<Envelope> events, long sentNanos) {}

    /** What became of one publication. */
    sealed interface Outcome {
        /** In the log, at these positions. */
        record Appended(List<Position> positions) implements Outcome {}

        /** Not in the log, because another event is under this id. */
        record Conflict(String eventId) implements Outcome {}

        /** Not appended, because an earlier attempt may have been and have left the window. */
        record Late() implements Outcome {}

        /** Not appended, because Redis will not say whether the log has one of its ids. */
        record Refused(String said) implements Outcome {}
    }

    /**
     * Appends publications of one organisation, each all or none, in this order.
     *
     * @throws dev.realtime.transport.PublicationRefusedException if the server does not take so much
     */
    CompletableFuture<List<Outcome>> append(Session session, String orgId, List<Group> publications) {
        OrgKeys keys = OrgKeys.of(prefix, orgId);
        List<byte[]> names = new ArrayList<>(List.of(keys.meta(), keys.stream(), keys.marks()));
        List<byte[]> arguments = Script.arguments(session, window);
        arguments.add(keys.channel());
        arguments.add(Long.toString(window.toMillis()).getBytes(UTF_8));
        arguments.add(number(publications.size()));
        publications.forEach(group -> arguments.add(number(group.events().size())));
        publications.forEach(group -> arguments.add(deadline(session, group)));
        for (Group group : publications) {
            for (Envelope event : group.events()) {
                names.add(keys.event(event.id()));
                Entry.encode(event, arguments);
            }
        }
        long largest = arguments.stream().mapToLong(each -> each.length).max().orElse(0);
        long bytes = Stream.concat(names.stream(), arguments.stream())
                .mapToLong(each -> each.length + OVERHEAD)
                .sum();
        session.limits().require(largest, bytes);
        return session.uploading(
                        bytes,
                        () -> SCRIPT.run(
                                session.publishing(), names.toArray(byte[][]::new), arguments.toArray(byte[][]::new)))
                .thenApply(answer -> {
                    session.clock().said(Long.parseLong(Reply.text(answer.get(1))));
                    return outcomes(publications, answer);
                });
    }

    /** By the server's clock. Whatever is appended until then is still known by its id. */
    private byte[] deadline(Session session, Group group) {
        long sent = session.clock().atLeast(group.sentNanos());
        return Long.toString(sent > NEVER_MICROS - repeatableMicros ? NEVER_MICROS : sent + repeatableMicros)
                .getBytes(UTF_8);
    }

    private static List<Outcome> outcomes(List<Group> publications, List<Object> answer) {
        String epoch = Reply.text(answer.get(0));
        List<Outcome> outcomes = new ArrayList<>(publications.size());
        for (int i = 0; i < publications.size(); i++) {
            List<Envelope> events = publications.get(i).events();
            Object outcome = answer.get(i + 2);
            if (outcome instanceof List<?> offsets) {
                outcomes.add(new Outcome.Appended(positions(epoch, events, offsets)));
            } else if (outcome instanceof Long conflict) {
                outcomes.add(
                        new Outcome.Conflict(events.get(conflict.intValue() - 1).id()));
            } else {
                String said = Reply.text(outcome);
                outcomes.add(said.equals("late") ? new Outcome.Late() : new Outcome.Refused(said.strip()));
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
