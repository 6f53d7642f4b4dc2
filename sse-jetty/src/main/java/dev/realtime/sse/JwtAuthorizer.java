package dev.realtime.sse;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.SignedJWT;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Takes JSON Web Tokens signed with a shared secret (HS256), from {@code Authorization: Bearer} or the cookie
 * {@value #COOKIE}. Claims: {@code org_id} (must be), {@code sub} (the user), {@code exp} and {@code nbf} (30 s of
 * skew are forgiven), {@code iss} and {@code aud} (checked if expected), {@code publish_any_org} ({@code true} for a
 * service that publishes to all organisations). Thread-safe.
 */
public final class JwtAuthorizer implements Authorizer {
    /** The cookie a token may come in. */
    public static final String COOKIE = "realtime_token";
    /** Shortest secret, in bytes. */
    public static final int MIN_SECRET_BYTES = 32;

    private static final Duration SKEW = Duration.ofSeconds(30);
    private static final String BEARER = "Bearer ";

    private final JWSVerifier verifier;
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
     * @param secret at least {@value #MIN_SECRET_BYTES} bytes
     * @param origins whose pages may use the cookie, beside our own
     */
    public JwtAuthorizer(byte[] secret, Expected expected, Origins origins, Clock clock) {
        try {
            this.verifier = new MACVerifier(secret);
        } catch (JOSEException e) {
            throw new IllegalArgumentException("the secret has fewer than " + MIN_SECRET_BYTES + " bytes", e);
        }
        this.expected = expected;
        this.origins = origins;
        this.clock = clock;
    }

    @Override
    public Caller authorize(HttpServletRequest request) throws Refused {
        JWTClaimsSet claims = checked(verified(token(request)));
        return TokenClaims.caller(claims).until(streamsEndAt(claims));
    }

    private String token(HttpServletRequest request) throws Refused {
        String authorization = request.getHeader("Authorization");
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        Cookie[] cookies = request.getCookies();
        for (Cookie cookie : cookies == null ? new Cookie[0] : cookies) {
            if (cookie.getName().equals(COOKIE)) {
                if (!origins.admit(request)) {
                    throw new Refused(
                            ProblemCode.ORIGIN_NOT_ALLOWED,
                            "the cookie may be used by our own pages and by those in REALTIME_ALLOWED_ORIGINS");
                }
                return cookie.getValue();
            }
        }
        String query = request.getQueryString();
        if (query != null && query.matches("(.*&)?ticket=.*")) {
            throw new Refused(ProblemCode.TICKET_UNSUPPORTED, "tickets are not supported yet; send a token");
        }
        throw new Refused(
                ProblemCode.TOKEN_MISSING, "send a token as 'Authorization: Bearer …' or in the cookie " + COOKIE);
    }

    private JWTClaimsSet verified(String token) throws Refused {
        try {
            JWT jwt = JWTParser.parse(token);
            if (!(jwt instanceof SignedJWT signed)
                    || !JWSAlgorithm.HS256.equals(jwt.getHeader().getAlgorithm())) {
                throw new Refused(ProblemCode.TOKEN_BAD_ALGORITHM, "the token must be signed with HS256");
            }
            if (!signed.verify(verifier)) {
                throw new Refused(ProblemCode.TOKEN_BAD_SIGNATURE, "the token's signature does not match");
            }
            return signed.getJWTClaimsSet();
        } catch (ParseException | IllegalArgumentException e) {
            throw new Refused(ProblemCode.TOKEN_MALFORMED, "the token is not a JSON Web Token");
        } catch (JOSEException e) {
            throw new Refused(ProblemCode.TOKEN_BAD_SIGNATURE, "the token's signature cannot be checked");
        }
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
