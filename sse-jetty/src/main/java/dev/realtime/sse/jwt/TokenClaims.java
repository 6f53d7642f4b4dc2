package dev.realtime.sse.jwt;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.Caller;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.transport.event.AllowedTopics;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.InvalidInputException;
import java.text.ParseException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads from a verified token's claims who calls. What is given must have its right form. Stateless. */
final class TokenClaims {
    static final String ORGANISATION = "org_id";
    static final String TOPICS = "topics";
    static final String PUBLISH_TOPICS = "publish_topics";
    static final String PUBLISH_ANY_ORGANISATION = "publish_any_org";

    private TokenClaims() {}

    /** The caller; until when, the claims do not decide alone. */
    static Caller caller(JWTClaimsSet claims) throws Refused {
        Caller caller = Caller.of(organisation(claims))
                .withUser(user(claims))
                .hearing(topics(claims, TOPICS))
                .publishing(topics(claims, PUBLISH_TOPICS))
                .issuedAt(issuedAt(claims));
        if (caller.orgId().equals(FieldRules.OPERATORS)) {
            caller = caller.asOperator();
        }
        return Boolean.TRUE.equals(claims.getClaim(PUBLISH_ANY_ORGANISATION)) ? caller.publishingAnywhere() : caller;
    }

    private static String organisation(JWTClaimsSet claims) throws Refused {
        try {
            return FieldRules.organisationOfOthers(claims.getStringClaim(ORGANISATION));
        } catch (ParseException e) {
            throw new Refused(ProblemCode.TOKEN_NO_ORGANISATION, "the token's org_id is not a text");
        } catch (InvalidInputException e) {
            throw new Refused(ProblemCode.TOKEN_NO_ORGANISATION, "the token names no organisation in org_id");
        }
    }

    /** A token that does not say when it was issued counts as older than every revocation. */
    private static Instant issuedAt(JWTClaimsSet claims) {
        return claims.getIssueTime() == null
                ? Instant.EPOCH
                : claims.getIssueTime().toInstant();
    }

    private static @Nullable String user(JWTClaimsSet claims) throws Refused {
        String user = claims.getSubject();
        try {
            return user == null ? null : FieldRules.user(user);
        } catch (InvalidInputException e) {
            throw new Refused(ProblemCode.TOKEN_MALFORMED, "the token's sub is not a user id");
        }
    }

    /** All only where the claim is left out: one that is null allows nothing, so it is an error. */
    private static AllowedTopics topics(JWTClaimsSet claims, String name) throws Refused {
        if (!claims.getClaims().containsKey(name)) {
            return AllowedTopics.ALL;
        }
        List<String> patterns = new ArrayList<>();
        if (!(claims.getClaim(name) instanceof List<?> given)) {
            throw notTopics(name);
        }
        for (Object pattern : given) {
            if (!(pattern instanceof String text)) {
                throw notTopics(name);
            }
            patterns.add(text);
        }
        try {
            return new AllowedTopics(patterns);
        } catch (InvalidInputException e) {
            throw notTopics(name);
        }
    }

    private static Refused notTopics(String name) {
        return new Refused(
                ProblemCode.TOKEN_MALFORMED,
                "the token's " + name + " is not an array of at most 100 topics, or prefixes with a trailing *");
    }
}
