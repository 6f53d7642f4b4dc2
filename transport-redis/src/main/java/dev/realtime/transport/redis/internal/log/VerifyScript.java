package dev.realtime.transport.redis.internal.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Reply;
import dev.realtime.transport.redis.internal.connect.Session;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The call of verify.lua. Thread-safe. */
public final class VerifyScript {
    private static final Script SCRIPT = Script.named("verify.lua");

    private final String prefix;
    private final Duration window;

    public VerifyScript(String prefix, Duration window) {
        this.prefix = prefix;
        this.window = window;
    }

    /**
     * What the log was found to be.
     *
     * @param epoch that it has now
     * @param begun whether that began with this look, because the position was missing
     */
    public record Verdict(String epoch, boolean begun) {}

    public CompletableFuture<Verdict> run(Session session, Seen seen) {
        OrgKeys keys = OrgKeys.of(prefix, seen.orgId());
        List<byte[]> arguments = Script.arguments(session, window);
        Position position = seen.position();
        long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - seen.nanos());
        for (String each :
                List.of(position.epoch(), Long.toString(position.offset()), position.check(), Long.toString(micros))) {
            arguments.add(each.getBytes(UTF_8));
        }
        arguments.add(keys.channel());
        byte[][] names = {keys.meta(), keys.stream(), keys.marks()};
        return SCRIPT.run(session.reading(), names, arguments.toArray(byte[][]::new))
                .thenApply(answer -> new Verdict(Reply.text(answer.get(0)), (Long) answer.get(1) == 1));
    }
}
