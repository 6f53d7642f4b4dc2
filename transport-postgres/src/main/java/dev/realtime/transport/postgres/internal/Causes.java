package dev.realtime.transport.postgres.internal;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

/** What went wrong, as one line for an operator: no stack trace, no secret. Stateless. */
final class Causes {
    private Causes() {}

    static String line(String what, Throwable failure) {
        return what + ": " + reason(failure);
    }

    /** Whether the server cannot be reached or throws us out, so that the next statement will fail as well. */
    static boolean isUnreachable(Throwable failure) {
        if (failure instanceof SQLTransientConnectionException) {
            return true;
        }
        return isBroken(failure);
    }

    /** Whether it was waited for an answer in vain: the next attempt would wait as long. */
    static boolean isTimeout(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException) {
                return true;
            }
        }
        return false;
    }

    /** Whether the connection is of no more use: lost, or ended by the server. */
    static boolean isBroken(Throwable failure) {
        String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
        return !(failure instanceof SQLTransientConnectionException)
                && state != null
                && (state.startsWith("08") || state.startsWith("57P"));
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
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        String first = message.lines().findFirst().orElse(message);
        return failure instanceof SQLException sql && sql.getSQLState() != null
                ? first + " [" + sql.getSQLState() + "]"
                : first;
    }
}
