package dev.realtime.transport;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@link Position} as text, {@code <epoch>-<offset>-<check>}: the {@code id} of a server-sent event, echoed as
 * {@code Last-Event-ID}. Only characters and a length that never force a CORS preflight. Stateless.
 */
public final class Cursor {
    /** Longest cursor, in characters. */
    public static final int MAX_LENGTH = 64;

    private static final Pattern FORM = Pattern.compile("([A-Za-z0-9._]{1,32})-(0|[1-9][0-9]{0,18})-([0-9a-f]{1,8})");

    private Cursor() {}

    /** Empty for anything that {@link #format} did not make. */
    public static Optional<Position> parse(String text) {
        if (text.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Position(form.group(1), Long.parseLong(form.group(2)), form.group(3)));
        } catch (NumberFormatException beyondLong) {
            return Optional.empty();
        }
    }

    static String format(Position position) {
        return position.epoch() + "-" + position.offset() + "-" + position.check();
    }
}
