package dev.realtime.transport.redis.internal.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.redis.internal.connect.ServerRun;
import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.redis.internal.connect.Timing;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A Lua script from a file beside this class, after log.lua. Thread-safe. */
public final class Script {
    private final byte[] text;
    private final String digest;

    private Script(byte[] text) {
        this.text = text;
        this.digest = sha1(text);
    }

    public static Script named(String file) {
        return new Script((resource("log.lua") + resource(file)).getBytes(UTF_8));
    }

    /** The arguments that log.lua takes, for those of a script to follow. */
    public static List<byte[]> arguments(Session session, Duration window) {
        ServerRun run = session.run();
        return new ArrayList<>(List.of(
                FreshEpoch.name().getBytes(UTF_8),
                Long.toString(Timing.metaLife(window).toMillis()).getBytes(UTF_8),
                run.id().getBytes(UTF_8),
                (run.safe() ? "1" : "0").getBytes(UTF_8)));
    }

    /** Runs it; sends the text only if the server does not have it. */
    public CompletableFuture<List<Object>> run(
            RedisAsyncCommands<byte[], byte[]> redis, byte[][] keys, byte[][] arguments) {
        return redis.<List<Object>>evalsha(digest, ScriptOutputType.MULTI, keys, arguments)
                .toCompletableFuture()
                .exceptionallyCompose(failure -> failure instanceof RedisNoScriptException
                        ? redis.<List<Object>>eval(text, ScriptOutputType.MULTI, keys, arguments)
                                .toCompletableFuture()
                        : CompletableFuture.failedFuture(failure));
    }

    private static String resource(String file) {
        try (InputStream in = Script.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is missing from the jar");
            }
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha1(byte[] text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
