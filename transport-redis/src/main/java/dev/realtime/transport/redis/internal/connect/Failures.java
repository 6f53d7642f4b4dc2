package dev.realtime.transport.redis.internal.connect;

import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.settings.Secrets;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisReadOnlyException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says in one line why Redis cannot be used. Stateless. */
public final class Failures {
    private static final int MAX_LENGTH = 200;

    private Failures() {}

    /** Our own wait for a connection ended before the driver's. */
    static TransportUnavailableException notConnected(RedisAddress address, TimeoutException late) {
        return unavailable(address, new RedisConnectionException("not connected in time", late));
    }

    static TransportUnavailableException unavailable(RedisAddress address, Throwable failure) {
        return failure instanceof TransportUnavailableException already
                ? already
                : new TransportUnavailableException("redis: " + cause(address, failure), failure);
    }

    /** Why an append failed: an error that Redis answers is an answer. */
    static RuntimeException publishing(RedisAddress address, String orgId, Throwable failure) {
        RedisCommandExecutionException refused = find(RedisCommandExecutionException.class, failure);
        return refused == null
                ? unavailable(address, failure)
                : Refusal.of(String.valueOf(refused.getMessage())).exception(address, orgId, refused);
    }

    /** The same failure, or a {@link LogRefusedException} if it leaves other logs readable. */
    static RuntimeException logRefusal(TransportUnavailableException failure) {
        RedisCommandExecutionException refused = find(RedisCommandExecutionException.class, failure);
        Refusal refusal = refused == null ? null : Refusal.of(String.valueOf(refused.getMessage()));
        return refusal != null && refusal.leavesOthersReadable()
                ? new LogRefusedException(refusal.words() + " (" + refusal.code() + ")", failure)
                : failure;
    }

    /** The server is a replica by now: another one is the primary. Before Redis 7 a script's error only quotes that. */
    static boolean isReplica(Throwable failure) {
        RedisCommandExecutionException refused = find(RedisCommandExecutionException.class, failure);
        return refused instanceof RedisReadOnlyException
                || (refused != null && String.valueOf(refused.getMessage()).contains("-READONLY "));
    }

    private static String cause(RedisAddress address, Throwable failure) {
        String what = find(RedisCommandExecutionException.class, failure) == null ? "cannot reach " : "refused by ";
        return what + address.hostAndPort() + " (" + reason(failure) + hint(address, failure) + ")";
    }

    /** A port without TLS waits for the rest of a line, and says nothing to a TLS client. */
    private static String hint(RedisAddress address, Throwable failure) {
        boolean connecting = find(RedisConnectionException.class, failure) != null || isSilentHandshake(failure);
        return address.tls() && connecting && isTimeout(failure) ? "; is that its TLS port?" : "";
    }

    /** Several clocks run while one connects: ours, the driver's, that of its TLS handler. Any may be the first. */
    private static boolean isTimeout(Throwable failure) {
        return find(RedisCommandTimeoutException.class, failure) != null
                || find(TimeoutException.class, failure) != null
                || isSilentHandshake(failure);
    }

    private static boolean isSilentHandshake(Throwable failure) {
        return find(SslHandshakeTimeoutException.class, failure) != null;
    }

    /** In a few words. */
    public static String reason(Throwable failure) {
        RedisCommandExecutionException refused = find(RedisCommandExecutionException.class, failure);
        SSLException tls = find(SSLException.class, failure);
        ConnectException connect = find(ConnectException.class, failure);
        if (refused != null) {
            return oneLine(refused.getMessage());
        } else if (find(CertificateExpiredException.class, failure) != null) {
            return "its certificate has expired";
        } else if (find(CertPathBuilderException.class, failure) != null) {
            return "its certificate is not from an authority this JVM trusts";
        } else if (tls != null && !isSilentHandshake(failure)) {
            String text = String.valueOf(tls.getMessage());
            return text.startsWith("not an SSL/TLS record") ? "it does not speak TLS" : "TLS: " + oneLine(text);
        } else if (find(UnknownHostException.class, failure) != null) {
            return "unknown host";
        } else if (find(NoRouteToHostException.class, failure) != null) {
            return "no route to host";
        } else if (connect != null) {
            return String.valueOf(connect.getMessage()).contains("refused") ? "connection refused" : "timeout";
        } else if (isTimeout(failure)) {
            return "no answer within " + Timing.COMMAND.toSeconds() + " s";
        }
        return "connection closed";
    }

    private static <T extends Throwable> @Nullable T find(Class<T> type, @Nullable Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (type.isInstance(each)) {
                return type.cast(each);
            }
        }
        return null;
    }

    private static String oneLine(@Nullable String text) {
        String line = Secrets.masked(String.valueOf(text).replaceAll("\\p{Cntrl}+", " "));
        return line.length() > MAX_LENGTH ? line.substring(0, MAX_LENGTH) + "…" : line;
    }
}
