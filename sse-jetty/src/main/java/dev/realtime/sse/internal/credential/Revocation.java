package dev.realtime.sse.internal.credential;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.realtime.sse.Caller;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.InvalidInputException;
import dev.realtime.transport.event.JsonPayload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What was issued to somebody by a moment does not hold any more. Travels as an event of the instances' organisation,
 * where nobody else can publish. Immutable.
 *
 * @param orgId whose credentials
 * @param userId which user's; null for the whole organisation's
 * @param revokedAt those issued at this moment or before
 * @param until when everybody may forget it, because they have all expired: at most {@link #LONGEST} after
 */
public record Revocation(String orgId, @Nullable String userId, Instant revokedAt, Instant until) {
    static final String EVENT = "instances.revoked";
    static final String TOPIC = "instances:revocations";

    /** For people; instances take no notice of it. Reserved in the operators' organisation. */
    public static final String NOTICE = "ops.revoked";

    private static final String NOTICE_TOPIC = "ops:revocations";

    static final Duration LONGEST = Duration.ofDays(30);

    private static final Pattern ID = Pattern.compile("revoked:[0-9a-f]{32}:([0-9]{1,18})");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** On the wire. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Payload(
            @JsonProperty("org_id") @Nullable String orgId,
            @JsonProperty("user_id") @Nullable String userId,
            @JsonProperty("revoked_at") @Nullable String revokedAt,
            @JsonProperty("until") @Nullable String until) {}

    /** Whom it is about. */
    record Subject(String orgId, @Nullable String userId) {}

    /** A revocation that was said, and for the how many-th time, from 0. */
    record Said(Revocation revocation, long time) {}

    Subject subject() {
        return new Subject(orgId, userId);
    }

    boolean isAbout(Caller caller) {
        return orgId.equals(caller.orgId()) && (userId == null || userId.equals(caller.userId()));
    }

    /** Whether the caller's credential is as old. */
    boolean isAfterIssueOf(Caller caller) {
        return caller.issuedAt() != null && !caller.issuedAt().isAfter(revokedAt);
    }

    /** Whether a stream that is open now ends by it: also if nobody knows how old its credential is. */
    boolean endsStreamOf(Caller caller) {
        return isAbout(caller) && (caller.issuedAt() == null || isAfterIssueOf(caller));
    }

    /** What holds of two about the same subject: neither shortens the other. */
    Revocation with(Revocation other) {
        return new Revocation(
                orgId,
                userId,
                revokedAt.isAfter(other.revokedAt) ? revokedAt : other.revokedAt,
                until.isAfter(other.until) ? until : other.until);
    }

    /** What operators hear of it. */
    Event notice() {
        return Event.of(FieldRules.OPERATORS, NOTICE)
                .withTopic(NOTICE_TOPIC)
                .withPayload(payload())
                .withId("revoked:" + hash());
    }

    /** How it is said. Everybody makes the same of it, so that saying it the same time again is no second event. */
    Event event(long time) {
        return Event.of(FieldRules.INSTANCES, EVENT)
                .withTopic(TOPIC)
                .withPayload(payload())
                .withId("revoked:" + hash() + ":" + time);
    }

    private JsonPayload payload() {
        return JsonPayload.from(new Payload(orgId, userId, revokedAt.toString(), until.toString()));
    }

    /** Empty if the event says nothing that makes sense. */
    static Optional<Said> of(Envelope envelope) {
        Matcher id = ID.matcher(envelope.id());
        try {
            Payload payload = JSON.readValue(envelope.payload().bytes(), Payload.class);
            Revocation revocation = new Revocation(
                    FieldRules.organisation(payload.orgId),
                    payload.userId == null ? null : FieldRules.user(payload.userId),
                    Instant.parse(String.valueOf(payload.revokedAt)),
                    Instant.parse(String.valueOf(payload.until)));
            boolean sound = id.matches()
                    && revocation.revokedAt.isBefore(revocation.until)
                    && !revocation.until.isAfter(revocation.revokedAt.plus(LONGEST));
            return sound ? Optional.of(new Said(revocation, Long.parseLong(id.group(1)))) : Optional.empty();
        } catch (IOException | InvalidInputException | DateTimeException e) {
            return Optional.empty();
        }
    }

    private String hash() {
        try {
            String text = String.join(" ", orgId, userId == null ? "" : userId, revokedAt.toString(), until.toString());
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 16);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
