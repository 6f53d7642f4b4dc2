package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.TicketKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A caller as clients may know it: {@code <key>.<who>.<hears>}. Two streams with the same text are the same caller's, and
 * hear the same. Where only the last part differs, the same user may hear other topics now; where the first one does, it
 * was made with another key and says nothing about the other. Whoever lacks the key cannot make one. Immutable.
 */
public final class CallerHash {
    private static final String ALGORITHM = "HmacSHA256";
    private static final String USE = "realtime caller v1";
    private static final String ALL = "*";
    private static final int KEY_BYTES = 6;
    private static final int PART_BYTES = 12;

    private final SecretKeySpec key;
    private final String keyPart;

    private CallerHash(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
        this.keyPart = part("key", KEY_BYTES);
    }

    /** Keyed by what signs tickets, which all instances have; without it by the options' salt. */
    public static CallerHash of(EndpointOptions options) {
        TicketKey secret = options.ticketKey();
        byte[] salt = (USE + '\n' + options.callerSalt()).getBytes(StandardCharsets.UTF_8);
        return new CallerHash(secret == null ? salt : secret.derivedFor(USE));
    }

    /** The same for the same organisation, user and topics, however its credential is renewed. */
    public String of(Caller caller) {
        String who = caller.orgId() + (caller.userId() == null ? "" : ' ' + caller.userId());
        String hears = hears(caller.hears().patterns());
        return keyPart + '.' + part("who\n" + who, PART_BYTES) + '.' + part("hears\n" + who + '\n' + hears, PART_BYTES);
    }

    private static String hears(@Nullable List<String> patterns) {
        if (patterns == null || patterns.contains(ALL)) {
            return ALL;
        }
        return String.join(",", new TreeSet<>(patterns));
    }

    private String part(String text, int bytes) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            byte[] hash = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
