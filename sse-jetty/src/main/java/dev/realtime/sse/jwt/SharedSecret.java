package dev.realtime.sse.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.realtime.sse.Refused;

/** One secret, for HS256. Immutable. */
final class SharedSecret implements TokenKeys {
    private final JWSVerifier verifier;

    SharedSecret(byte[] secret) {
        try {
            this.verifier = new MACVerifier(secret);
        } catch (JOSEException e) {
            throw new IllegalArgumentException(
                    "the secret has fewer than " + JwtAuthorizer.MIN_SECRET_BYTES + " bytes", e);
        }
    }

    @Override
    public void verify(SignedJWT token) throws Refused {
        if (!JWSAlgorithm.HS256.equals(token.getHeader().getAlgorithm())) {
            throw JwtAuthorizer.badAlgorithm(this);
        }
        try {
            if (!token.verify(verifier)) {
                throw JwtAuthorizer.badSignature();
            }
        } catch (JOSEException e) {
            throw JwtAuthorizer.badSignature();
        }
    }

    @Override
    public String algorithms() {
        return "HS256";
    }
}
