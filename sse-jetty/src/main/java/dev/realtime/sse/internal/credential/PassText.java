package dev.realtime.sse.internal.credential;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.realtime.sse.Caller;
import dev.realtime.sse.internal.http.Json;
import dev.realtime.transport.event.AllowedTopics;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * {@link Pass Passes} as text that only who has the key can make: JSON and its HMAC-SHA-256, both in base64url, with a
 * dot between. Everybody can read it, so it says no secret. Immutable.
 */
final class PassText {
    private static final String ALGORITHM = "HmacSHA256";
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final SecretKeySpec key;

    /** Short names: it stands in a URL. Times are milliseconds since 1970. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Body(
            @Nullable String id,
            long end,
            @Nullable String org,
            @Nullable String user,
            @Nullable List<String> hears,
            @Nullable Long until,
            @Nullable Long issued,
            boolean ops) {}

    PassText(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    String of(Pass pass) {
        Caller caller = pass.caller();
        byte[] body = Json.bytes(new Body(
                pass.id(),
                pass.endsAt().toEpochMilli(),
                caller.orgId(),
                caller.userId(),
                caller.hears().patterns(),
                millis(caller.expiresAt()),
                millis(caller.issuedAt()),
                caller.operator()));
        return ENCODER.encodeToString(body) + "." + ENCODER.encodeToString(signature(body));
    }

    /** Empty for anything that {@link #of} did not make with this key. Says nothing of its age. */
    Optional<Pass> read(String text) {
        int dot = text.indexOf('.');
        if (dot < 0) {
            return Optional.empty();
        }
        try {
            byte[] body = Base64.getUrlDecoder().decode(text.substring(0, dot));
            byte[] signature = Base64.getUrlDecoder().decode(text.substring(dot + 1));
            boolean ours = MessageDigest.isEqual(signature, signature(body));
            return ours ? Optional.of(pass(JSON.readValue(body, Body.class))) : Optional.empty();
        } catch (IllegalArgumentException | IOException notOne) {
            return Optional.empty();
        }
    }

    /** The user's name across organisations; of no user, the organisation's. */
    static String user(Caller caller) {
        return caller.orgId() + ' ' + (caller.userId() == null ? "" : caller.userId());
    }

    private static Pass pass(Body body) {
        if (body.id == null || body.org == null) {
            throw new IllegalArgumentException("half a pass");
        }
        Caller caller = Caller.of(body.org)
                .withUser(body.user)
                .hearing(body.hears == null ? AllowedTopics.ALL : new AllowedTopics(body.hears))
                .publishing(AllowedTopics.NONE)
                .until(instant(body.until))
                .issuedAt(instant(body.issued));
        return new Pass(body.id, Instant.ofEpochMilli(body.end), body.ops ? caller.asOperator() : caller);
    }

    private byte[] signature(byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    private static @Nullable Long millis(@Nullable Instant instant) {
        return instant == null ? null : instant.toEpochMilli();
    }

    private static @Nullable Instant instant(@Nullable Long millis) {
        return millis == null ? null : Instant.ofEpochMilli(millis);
    }
}
