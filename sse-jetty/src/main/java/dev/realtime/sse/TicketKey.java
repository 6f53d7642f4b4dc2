package dev.realtime.sse;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What tickets and resume cookies are signed with. All instances behind one address have the same. Immutable. */
public final class TicketKey {
    /** Shortest secret, in bytes. */
    public static final int MIN_SECRET_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";

    private final byte[] secret;

    private TicketKey(byte[] secret) {
        this.secret = secret;
    }

    /**
     * Made from a secret, which may have other uses: what signs is derived from it.
     *
     * @param secret at least {@value #MIN_SECRET_BYTES} bytes
     */
    public static TicketKey of(byte[] secret) {
        if (secret.length < MIN_SECRET_BYTES) {
            throw new IllegalArgumentException("the secret has fewer than " + MIN_SECRET_BYTES + " bytes");
        }
        return new TicketKey(secret.clone());
    }

    /** For a single process: a ticket is of no use after it. */
    public static TicketKey random() {
        byte[] secret = new byte[MIN_SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        return new TicketKey(secret);
    }

    /** A key of 32 bytes for one use, by HMAC-SHA-256: none of them tells another, or the secret. */
    public byte[] derivedFor(String use) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            return mac.doFinal(use.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    /** Never the secret. */
    @Override
    public String toString() {
        return "TicketKey";
    }
}
