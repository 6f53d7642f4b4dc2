package dev.realtime.transport.redis.internal.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Reply;
import dev.realtime.transport.spi.LogEntry;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;

/** An envelope as the scripts take it and give it back. The payload stays as it is. Stateless. */
public final class Entry {
    /** How many values {@link #decoded} takes. */
    static final int FIELDS = 8;

    private static final int HASH_BYTES = 16;

    private Entry() {}

    /** What append.lua takes: hash of the body, check, id, event, topic, timestamp, users, payload. */
    public static void encode(Envelope envelope, List<byte[]> into) {
        byte[] event = envelope.type().getBytes(UTF_8);
        byte[] topic = envelope.topic().getBytes(UTF_8);
        byte[] users = users(envelope).getBytes(UTF_8);
        byte[] payload = envelope.payload().bytes();
        into.add(hash(event, topic, users, payload));
        into.add(Position.checkOf(envelope.id()).getBytes(UTF_8));
        into.add(envelope.id().getBytes(UTF_8));
        into.add(event);
        into.add(topic);
        into.add(Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, envelope.timestamp()))
                .getBytes(UTF_8));
        into.add(users);
        into.add(payload);
    }

    /** What read.lua gives: check, id, event, topic, timestamp, users, payload, logged at. */
    static LogEntry decoded(String orgId, String epoch, long offset, List<Object> values) {
        String users = Reply.text(values.get(5));
        Envelope envelope = new Envelope(
                Reply.text(values.get(1)),
                orgId,
                Reply.text(values.get(2)),
                Reply.text(values.get(3)),
                Instant.EPOCH.plus(Long.parseLong(Reply.text(values.get(4))), ChronoUnit.MICROS),
                JsonPayload.trusted((byte[]) values.get(6)),
                users.isEmpty() ? null : List.of(users.split(" ")));
        return new LogEntry(
                new Position(epoch, offset, Reply.text(values.get(0))),
                envelope,
                Long.parseLong(Reply.text(values.get(7))));
    }

    /** An audience is never empty and a user id has no spaces. */
    private static String users(Envelope envelope) {
        List<String> users = envelope.audience();
        return users == null ? "" : String.join(" ", users);
    }

    /** Equal for equal bodies ({@link Envelope#sameBodyAs}). */
    private static byte[] hash(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
                digest.update((byte) '\n');
            }
            return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES).getBytes(UTF_8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
