package dev.realtime.sse.gateway.auth;

import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Lets in whoever can read what the gateway printed when it started. Made anew at each start. Immutable. */
public final class StartKey {
    private static final String PARAMETER = "key=";
    private static final int RANDOM_BYTES = 32;

    private final String text;

    private StartKey(String text) {
        this.text = text;
    }

    public static StartKey fresh() {
        byte[] random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        return new StartKey(Base64.getUrlEncoder().withoutPadding().encodeToString(random));
    }

    /** The gateway's page, with the key in its address. */
    public URI in(URI gateway) {
        return gateway.resolve("/?" + PARAMETER + text);
    }

    /** What a query says for the key; null if nothing. A key has nothing in it that would have to be decoded. */
    public static @Nullable String in(@Nullable String query) {
        for (String pair : query == null ? new String[0] : query.split("&")) {
            if (pair.startsWith(PARAMETER)) {
                return pair.substring(PARAMETER.length());
            }
        }
        return null;
    }

    /** The header that leaves the key with a browser, where scripts cannot read it and other sites cannot send it. */
    public String cookie(HttpServletRequest request) {
        return cookieName(request) + "=" + text + "; Path=/; HttpOnly; SameSite=Strict"
                + (request.isSecure() ? "; Secure" : "");
    }

    /** A browser keeps the cookies of all ports of a host together. */
    public static String cookieName(HttpServletRequest request) {
        return "realtime_key_" + request.getLocalPort();
    }

    /** Passes for this key only, and takes the same time for any other. */
    public void require(@Nullable String said) throws Refused {
        if (said == null || !MessageDigest.isEqual(bytes(said), bytes(text))) {
            throw new Refused(
                    ProblemCode.AUTH_NOT_CONFIGURED,
                    "REALTIME_AUTH is not set, so requests need the key that the gateway made when it started, and this"
                            + " one has " + (said == null ? "none" : "another")
                            + "; open the address that the gateway printed, or send the key in it as"
                            + " 'Authorization: Bearer …', or set REALTIME_AUTH to jwt or none");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Not the key. */
    @Override
    public String toString() {
        return "StartKey";
    }
}
