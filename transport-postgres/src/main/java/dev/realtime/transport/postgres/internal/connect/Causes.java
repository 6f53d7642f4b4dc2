package dev.realtime.transport.postgres.internal.connect;

import dev.realtime.transport.settings.Secrets;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What went wrong, as one line for an operator: no stack trace, no secret. Stateless. */
public final class Causes {
    private static final String OTHER_PROCESS =
            "the answer is another server process's, as where a pooler in transaction"
                    + " mode is in the way: set DATABASE_LISTEN_URL to the server itself";

    /** Our functions miss a row that has to be there: somebody emptied a table. */
    private static final String NO_ROW = "P0002";

    /** What a SQLSTATE means here, in our own words: the server's may be in any language. */
    private static final Map<String, String> WORDS = Map.ofEntries(
            // What prepared a statement and what was asked to run it are two.
            Map.entry("26000", OTHER_PROCESS),
            Map.entry("34000", OTHER_PROCESS),
            Map.entry("42P05", OTHER_PROCESS),
            Map.entry("08P01", OTHER_PROCESS),
            Map.entry("55P03", "a lock was waited for in vain"),
            Map.entry("57P05", "the server ended a quiet session"),
            Map.entry("25P03", "the server ended a session with a quiet transaction"),
            Map.entry("25P04", "the server ended a session with a long transaction"),
            Map.entry("28P01", "the user or the password is wrong"),
            Map.entry("28000", "the server does not let this user in"),
            Map.entry("3D000", "there is no such database"),
            Map.entry("53300", "too many connections at the server"),
            Map.entry("53100", "the server's disk is full"),
            Map.entry("53200", "the server is out of memory"),
            Map.entry("57P01", "the server ended the connection"),
            Map.entry("57P02", "the server crashed"),
            Map.entry("57P03", "the server is starting or stopping"),
            Map.entry("57014", "the server cancelled the statement"),
            Map.entry("42501", "a grant is missing"),
            Map.entry("3F000", "the schema is missing or incomplete"),
            Map.entry("42P01", "the schema is missing or incomplete"),
            Map.entry("42883", "the schema is missing or incomplete"),
            Map.entry("42703", "the schema is missing or incomplete"),
            Map.entry(NO_ROW, "the schema is missing or incomplete"),
            Map.entry("25006", "the server is a standby or read-only"));

    private Causes() {}

    public static String line(String what, Throwable failure) {
        return what + ": " + reason(failure);
    }

    /** Whether the server cannot be reached or throws us out, so that the next statement will fail as well. */
    public static boolean isUnreachable(Throwable failure) {
        if (failure instanceof SQLTransientConnectionException) {
            return true;
        }
        return isBroken(failure);
    }

    /** Whether it was waited for an answer in vain: the next attempt would wait as long. */
    public static boolean isTimeout(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException
                    || (cause instanceof IOException
                            && cause.getClass().getSimpleName().endsWith("TimeoutException"))) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is named already that a pooler is in the way. */
    public static boolean blamesPooler(SQLException failure) {
        String state = failure.getSQLState();
        return state != null && OTHER_PROCESS.equals(WORDS.get(state));
    }

    /** Whether it was waited for a lock in vain. */
    public static boolean isLocked(Throwable failure) {
        return failure instanceof SQLException sql && "55P03".equals(sql.getSQLState());
    }

    /** Whether the server ended the statement, its time-out being over, or somebody did. */
    public static boolean isCancelled(Throwable failure) {
        return failure instanceof SQLException sql && "57014".equals(sql.getSQLState());
    }

    /** Whether the connection is of no more use: lost, or ended by the server. */
    public static boolean isBroken(Throwable failure) {
        String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
        return !(failure instanceof SQLTransientConnectionException)
                && state != null
                && (state.startsWith("08") || state.startsWith("57P"));
    }

    /** What a server's answer to an append says: nothing was appended, and why. */
    public enum Refusal {
        /** It takes no writes now: full, read-only, a right or a table is missing. */
        WRITES,
        /** It could not do it this time: somebody's lock, a cancel, no connection. */
        NOW,
        /** It does not take these events. */
        PUBLICATION
    }

    /** By SQLSTATE or its class: what is about the values of a statement. */
    private static final Set<String> ABOUT_VALUES = Set.of("20", "21", "22", "23", "44", "P0");

    /** The server does not know itself whether it committed. */
    private static final String UNKNOWN = "40003";

    /** States in which the server did not get to it. */
    private static final Set<String> IN_PASSING =
            Set.of("40", "55P03", "57014", "25P02", "25P03", "25P04", "53300", "26000", "34000", "42P05");

    /** Why the server refused, or null if it did not answer, so that it may have appended all the same. */
    public static @Nullable Refusal refusal(Throwable failure) {
        if (failure instanceof SQLTransientConnectionException) {
            return Refusal.NOW;
        }
        SQLException told = told(failure);
        String state = told == null ? null : told.getSQLState();
        if (state == null || state.length() != 5 || state.equals(UNKNOWN) || isBroken(failure) || isTimeout(failure)) {
            return null;
        }
        String group = state.substring(0, 2);
        if (IN_PASSING.contains(state) || IN_PASSING.contains(group)) {
            return Refusal.NOW;
        }
        return (ABOUT_VALUES.contains(group) && !state.equals(NO_ROW)) || (state.equals("54000") && !isQueueFull(told))
                ? Refusal.PUBLICATION
                : Refusal.WRITES;
    }

    /** The server's notification queue: every commit that notifies fails. */
    private static boolean isQueueFull(@Nullable SQLException told) {
        return told != null && String.valueOf(told.getMessage()).contains("NOTIFY");
    }

    private static String reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException) {
                return "connection refused";
            }
            if (cause instanceof UnknownHostException) {
                return "the host is unknown";
            }
        }
        String certificate = TlsCauses.of(failure);
        if (certificate != null) {
            return certificate;
        }
        if (isTimeout(failure)) {
            return "no answer in time";
        }
        SQLException told = told(failure);
        String state = told == null ? null : told.getSQLState();
        String first = firstLine(told == null ? failure : told);
        if (state == null) {
            return first;
        }
        String words = WORDS.get(state);
        return words == null ? first + " [" + state + "]" : words + " (" + first + " [" + state + "])";
    }

    /** The one with a SQLSTATE: the pool wraps the server's answer into an error of its own. */
    private static @Nullable SQLException told(Throwable failure) {
        SQLException found = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql
                    && sql.getSQLState() != null
                    && (found == null || found instanceof SQLTransientConnectionException)) {
                found = sql;
            }
        }
        return found;
    }

    private static String firstLine(Throwable failure) {
        String message = Secrets.messageOf(failure);
        return message.lines().findFirst().orElse(message);
    }
}
