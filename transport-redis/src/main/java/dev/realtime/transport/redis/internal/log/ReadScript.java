package dev.realtime.transport.redis.internal.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Reply;
import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The calls of read.lua. Thread-safe. */
public final class ReadScript {
    private static final Script SCRIPT = Script.named("read.lua");
    /** Before the entries in the answer: epoch, head, check, trimmed, trimmed_check, verdict. */
    private static final int HEADER = 6;
    /** A page ends with the payload that fills it up to here. */
    private static final int PAGE_BYTES = 1 << 20;

    private final String prefix;
    private final Duration window;

    public ReadScript(String prefix, Duration window) {
        this.prefix = prefix;
        this.window = window;
    }

    /**
     * A page, and what the log held in the same moment.
     *
     * @param range of the log
     */
    public record Found(LogPage page, LogRange range) {
        /** The log has entries after this page. */
        public boolean more() {
            return page instanceof LogPage.Entries entries
                    && entries.through().offset() < range.head().offset();
        }
    }

    /** What the log holds; one that is not there begins. Keeps its meta alive. */
    public CompletableFuture<LogRange> range(Session session, String orgId) {
        return run(session, orgId, List.of()).thenApply(ReadScript::range);
    }

    /** What follows a position. */
    public CompletableFuture<Found> read(Session session, String orgId, Position after, int maxEvents) {
        List<String> arguments = List.of(
                after.epoch(),
                Long.toString(after.offset()),
                after.check(),
                Integer.toString(maxEvents),
                Integer.toString(PAGE_BYTES));
        return run(session, orgId, arguments).thenApply(answer -> found(orgId, after, answer));
    }

    private CompletableFuture<List<Object>> run(Session session, String orgId, List<String> arguments) {
        OrgKeys keys = OrgKeys.of(prefix, orgId);
        byte[][] names = {keys.meta(), keys.stream(), keys.marks()};
        List<byte[]> values = Script.arguments(session, window);
        arguments.forEach(argument -> values.add(argument.getBytes(UTF_8)));
        return SCRIPT.run(session.reading(), names, values.toArray(byte[][]::new));
    }

    private static Found found(String orgId, Position after, List<Object> answer) {
        LogRange range = range(answer);
        LogPage page = switch (Reply.text(answer.get(5))) {
            case "entries" -> entries(orgId, after, range.head(), answer);
            case "trimmed" -> new LogPage.Gap(GapReason.TRIMMED, range);
            case "ahead" -> new LogPage.Gap(GapReason.AHEAD, range);
            default -> new LogPage.Gap(GapReason.EPOCH_CHANGED, range);
        };
        return new Found(page, range);
    }

    private static LogPage entries(String orgId, Position after, Position head, List<Object> answer) {
        List<LogEntry> entries = new ArrayList<>((answer.size() - HEADER) / Entry.FIELDS);
        long offset = after.offset();
        for (int i = HEADER; i < answer.size(); i += Entry.FIELDS) {
            offset++;
            entries.add(Entry.decoded(orgId, head.epoch(), offset, answer.subList(i, i + Entry.FIELDS)));
        }
        Position through =
                entries.isEmpty() ? head : entries.get(entries.size() - 1).position();
        return new LogPage.Entries(List.copyOf(entries), through);
    }

    private static LogRange range(List<Object> answer) {
        String epoch = Reply.text(answer.get(0));
        return new LogRange(
                new Position(epoch, (Long) answer.get(3), Reply.text(answer.get(4))),
                new Position(epoch, (Long) answer.get(1), Reply.text(answer.get(2))));
    }
}
