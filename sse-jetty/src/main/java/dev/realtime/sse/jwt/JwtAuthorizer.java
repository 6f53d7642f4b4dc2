package dev.realtime.sse.jwt;

import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.SignedJWT;
import dev.realtime.sse.Authorizer;
import dev.realtime.sse.Caller;
import dev.realtime.sse.Origins;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.credential.SentToken;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Takes JSON Web Tokens, from {@code Authorization: Bearer} or the cookie {@value #COOKIE}, signed with a shared secret
 * (HS256) or with one of an issuer's public keys (RS256, ES256). Claims: {@code org_id} (must be), {@code sub} (the
 * user), {@code topics} and {@code publish_topics} (what it may hear and publish to; left out for all), {@code exp} and
 * {@code nbf} (30 s of skew are forgiven), {@code iat} (what was revoked at that time or later is refused, and one that is still to come, with the same skew), {@code iss} and {@code aud} (checked if expected), {@code publish_any_org}
 * ({@code true} for a service that publishes to all organisations). Thread-safe; blocks for less than three seconds
 * while keys are fetched, otherwise not at all.
 */
public final class JwtAuthorizer implements Authorizer {
    /** The cookie a token may come in. */
    public static final String COOKIE = "realtime_token";
    /** Shortest secret, in bytes. */
    public static final int MIN_SECRET_BYTES = 32;

    private static final Duration SKEW = Duration.ofSeconds(30);

    private final TokenKeys keys;
    private final Expected expected;
    private final Origins origins;
    private final Clock clock;

    /**
     * What a token must say.
     *
     * @param issuer its {@code iss}; null for any
     * @param audience one of its {@code aud}; null for any
     */
    public record Expected(
            @Nullable String issuer, @Nullable String audience) {
        /** Any issuer and audience. */
        public static final Expected ANY = new Expected(null, null);
    }

    /**
     * For tokens signed with a secret that the issuer shares with us.
     *
     * @param secret at least {@value #MIN_SECRET_BYTES} bytes
     * @param origins whose pages may use the cookie, beside our own
     */
    public JwtAuthorizer(byte[] secret, Expected expected, Origins origins, Clock clock) {
        this(new SharedSecret(secret), expected, origins, clock);
    }

    private JwtAuthorizer(TokenKeys keys, Expected expected, Origins origins, Clock clock) {
        this.keys = keys;
        this.expected = expected;
        this.origins = origins;
        this.clock = clock;
    }

    /**
     * For tokens signed with one of the keys that the issuer publishes. They are fetched when the first token comes.
     *
     * @param url of the key set (JWKS), {@code https://…}
     * @param origins whose pages may use the cookie, beside our own
     */
    public static JwtAuthorizer withKeySet(URI url, Expected expected, Origins origins, Clock clock) {
        return new JwtAuthorizer(new KeySet(url), expected, origins, clock);
    }

    @Override
    public Caller authorize(HttpServletRequest request) throws Refused {
        JWTClaimsSet claims = checked(verified(token(request)));
        return TokenClaims.caller(claims).until(streamsEndAt(claims));
    }

    private String token(HttpServletRequest request) throws Refused {
        String token = SentToken.of(request, COOKIE, origins);
        if (token != null) {
            return token;
        }
        throw new Refused(
                ProblemCode.TOKEN_MISSING, "send a token as 'Authorization: Bearer …' or in the cookie " + COOKIE);
    }

    private JWTClaimsSet verified(String token) throws Refused {
        try {
            JWT jwt = JWTParser.parse(token);
            if (!(jwt instanceof SignedJWT signed)) {
                throw badAlgorithm(keys);
            }
            keys.verify(signed);
            return signed.getJWTClaimsSet();
        } catch (ParseException | IllegalArgumentException e) {
            throw new Refused(ProblemCode.TOKEN_MALFORMED, "the token is not a JSON Web Token");
        }
    }

    static Refused badAlgorithm(TokenKeys keys) {
        return new Refused(ProblemCode.TOKEN_BAD_ALGORITHM, "the token must be signed with " + keys.algorithms());
    }

    static Refused badSignature() {
        return new Refused(ProblemCode.TOKEN_BAD_SIGNATURE, "the token's signature does not match");
    }

    private JWTClaimsSet checked(JWTClaimsSet claims) throws Refused {
        Instant now = clock.instant();
        if (claims.getExpirationTime() != null
                && !now.isBefore(claims.getExpirationTime().toInstant().plus(SKEW))) {
            throw new Refused(ProblemCode.TOKEN_EXPIRED, "the token has expired");
        }
        if (claims.getNotBeforeTime() != null
                && now.isBefore(claims.getNotBeforeTime().toInstant().minus(SKEW))) {
            throw new Refused(ProblemCode.TOKEN_NOT_YET_VALID, "the token is not valid yet");
        }
        if (claims.getIssueTime() != null
                && now.isBefore(claims.getIssueTime().toInstant().minus(SKEW))) {
            // It would outlive every revocation until then.
            throw new Refused(ProblemCode.TOKEN_NOT_YET_VALID, "the token's iat is still to come");
        }
        if (expected.issuer() != null && !expected.issuer().equals(claims.getIssuer())) {
            throw new Refused(ProblemCode.TOKEN_WRONG_ISSUER, "the token is from another issuer");
        }
        if (expected.audience() != null && !claims.getAudience().contains(expected.audience())) {
            throw new Refused(ProblemCode.TOKEN_WRONG_AUDIENCE, "the token is for another audience");
        }
        return claims;
    }

    /** On time; only a token that comes in during the forgiven skew has until the skew's end. */
    private @Nullable Instant streamsEndAt(JWTClaimsSet claims) {
        if (claims.getExpirationTime() == null) {
            return null;
        }
        Instant expires = claims.getExpirationTime().toInstant();
        return expires.isAfter(clock.instant()) ? expires : expires.plus(SKEW);
    }
}
