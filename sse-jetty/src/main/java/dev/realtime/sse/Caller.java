package dev.realtime.sse;

import dev.realtime.transport.event.AllowedTopics;
import dev.realtime.transport.event.FieldRules;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, as the credential says. An {@link Authorizer} begins with {@link #of} and adds what there is:
 * {@code Caller.of("acme").withUser("ann").until(expiry)}.
 *
 * @param orgId the organisation whose events it may hear and publish
 * @param userId the user; null hears only what is for everybody
 * @param operator whether it may see the gateway's own pages
 * @param expiresAt when its streams end; null for never
 * @param publishesAnywhere whether it may publish to other organisations, except the operators'
 * @param hears the topics it may hear
 * @param publishes the topics it may publish to
 * @param issuedAt when its credential was issued: what is revoked later does not hold any more. Null if that is not
 *     known: a revocation then ends its open streams, and refuses nothing later
 */
public record Caller(
        String orgId,
        @Nullable String userId,
        boolean operator,
        @Nullable Instant expiresAt,
        boolean publishesAnywhere,
        AllowedTopics hears,
        AllowedTopics publishes,
        @Nullable Instant issuedAt) {
    public Caller {
        FieldRules.organisationOfOthers(orgId);
    }

    /** Hears what is for everybody in the organisation, and publishes there; forever. */
    public static Caller of(String orgId) {
        return new Caller(orgId, null, false, null, false, AllowedTopics.ALL, AllowedTopics.ALL, null);
    }

    /** Hears also what is for this user. */
    public Caller withUser(@Nullable String userId) {
        return new Caller(orgId, userId, operator, expiresAt, publishesAnywhere, hears, publishes, issuedAt);
    }

    /** Sees the gateway's own pages. */
    public Caller asOperator() {
        return new Caller(orgId, userId, true, expiresAt, publishesAnywhere, hears, publishes, issuedAt);
    }

    /** Its streams end then. */
    public Caller until(@Nullable Instant expiresAt) {
        return new Caller(orgId, userId, operator, expiresAt, publishesAnywhere, hears, publishes, issuedAt);
    }

    /** Publishes to other organisations too. */
    public Caller publishingAnywhere() {
        return new Caller(orgId, userId, operator, expiresAt, true, hears, publishes, issuedAt);
    }

    /** Hears these topics only. */
    public Caller hearing(AllowedTopics hears) {
        return new Caller(orgId, userId, operator, expiresAt, publishesAnywhere, hears, publishes, issuedAt);
    }

    /** Publishes to these topics only. */
    public Caller publishing(AllowedTopics publishes) {
        return new Caller(orgId, userId, operator, expiresAt, publishesAnywhere, hears, publishes, issuedAt);
    }

    /** Its credential was issued then. */
    public Caller issuedAt(@Nullable Instant issuedAt) {
        return new Caller(orgId, userId, operator, expiresAt, publishesAnywhere, hears, publishes, issuedAt);
    }

    /** Whether it may publish there. */
    public boolean mayPublishTo(String organisation) {
        return organisation.equals(orgId)
                || (publishesAnywhere
                        && !organisation.equals(FieldRules.OPERATORS)
                        && !organisation.equals(FieldRules.INSTANCES));
    }
}
