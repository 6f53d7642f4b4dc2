package dev.realtime.system.equipment;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;

/** Signs tokens with one secret. Secret and tokens are {@link Canary canaries}. Immutable. */
public final class Tokens {
    private final String secret = Canary.fresh("jwt-secret");

    public String secret() {
        return secret;
    }

    /** Of a user of this organisation. */
    public String of(String organisation) {
        return signed(claims(organisation, Duration.ofMinutes(10)));
    }

    /** One that was good until a minute ago. */
    public String expired(String organisation) {
        return signed(claims(organisation, Duration.ofMinutes(-1)));
    }

    /** Of this user, issued so long ago (or ahead, if negative). */
    public String of(String organisation, String user, Duration age) {
        return signed(new JWTClaimsSet.Builder(claims(organisation, Duration.ofMinutes(10)))
                .subject(user)
                .issueTime(Date.from(Instant.now().minus(age)))
                .build());
    }

    private static JWTClaimsSet claims(String organisation, Duration lifetime) {
        return new JWTClaimsSet.Builder()
                .subject("user-of-" + organisation)
                .claim("org_id", organisation)
                .expirationTime(Date.from(Instant.now().plus(lifetime)))
                .build();
    }

    private String signed(JWTClaimsSet claims) {
        try {
            SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
            token.sign(new MACSigner(secret));
            return Canary.watched(token.serialize());
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
