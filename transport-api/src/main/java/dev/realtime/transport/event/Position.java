package dev.realtime.transport.event;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in an event log. Two positions of one log are ordered by their offset.
 *
 * <p>As text it is a <em>cursor</em>, {@code <epoch>-<offset>-<check>}: the {@code id} of a server-sent event, echoed as
 * {@code Last-Event-ID}. Only characters and a length that never force a CORS preflight.
 *
 * @param epoch names one incarnation of the log, in which nothing acknowledged can have been lost
 * @param offset number in the log; 0 is before the first event
 * @param check from the id of the event at that offset ({@link #checkOf}); the proof that it is still the same log
 */
public record Position(String epoch, long offset, String check) {
    /** The check of offset 0, where no event is. */
    public static final String NO_EVENT = "0";

    /** Longest cursor, in characters. */
    public static final int MAX_CURSOR_LENGTH = 64;

    private static final Pattern CURSOR = Pattern.compile("([A-Za-z0-9._]{1,32})-(0|[1-9][0-9]{0,18})-([0-9a-f]{1,8})");

    private static final int CHECK_LENGTH = 6;
    private static final char[] HEX = "0123456789abcdef".toCharArray();
    private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Position::sha256);

    /** The first characters, in hex, of the SHA-256 of an event's id: SQL can compute it as well. */
    public static String checkOf(String eventId) {
        byte[] hash = SHA_256.get().digest(eventId.getBytes(StandardCharsets.UTF_8));
        char[] check = new char[CHECK_LENGTH];
        for (int i = 0; i < CHECK_LENGTH; i++) {
            check[i] = HEX[hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 0xF];
        }
        return new String(check);
    }

    /** This position as text. */
    public String cursor() {
        return epoch + "-" + offset + "-" + check;
    }

    /** The position of a cursor; empty for anything that {@link #cursor} did not make. */
    public static Optional<Position> parse(String cursor) {
        if (cursor.length() > MAX_CURSOR_LENGTH) {
            return Optional.empty();
        }
        Matcher form = CURSOR.matcher(cursor);
        if (!form.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Position(form.group(1), Long.parseLong(form.group(2)), form.group(3)));
        } catch (NumberFormatException beyondLong) {
            return Optional.empty();
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
