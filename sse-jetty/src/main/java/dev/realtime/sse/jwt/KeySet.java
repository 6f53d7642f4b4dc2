package dev.realtime.sse.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.SignedJWT;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * An issuer's public keys (JWKS), for RS256 and ES256. They are fetched when the first token comes, kept for five
 * minutes, fetched again ahead of that while tokens come, and at once when a token names a key that is not among them,
 * at most {@value #FETCHES_PER_PAUSE} times in {@link #PAUSE}. While the server is away those last fetched stay good
 * for an hour. A verification takes less than three seconds, whatever the server does. Thread-safe.
 */
final class KeySet implements TokenKeys {
    static final Duration PAUSE = Duration.ofSeconds(5);
    static final int FETCHES_PER_PAUSE = 2;

    private static final Duration KEPT = Duration.ofMinutes(5);
    private static final Duration AHEAD = Duration.ofMinutes(1);
    private static final Duration OUTAGE = Duration.ofHours(1);
    /** How long a request waits for another's fetch. */
    private static final Duration WAIT = Duration.ofMillis(750);

    static final int LEAST_RSA_BITS = 2_048;

    private final KeyFetch fetch;
    private final JWKSource<SecurityContext> source;

    KeySet(URI url) {
        this.fetch = new KeyFetch(url);
        this.source = JWKSourceBuilder.create(fetch)
                .retrying(false) // it does so itself, inside its deadline
                .outageTolerant(OUTAGE.toMillis())
                .rateLimited(PAUSE.toMillis())
                .cache(KEPT.toMillis(), WAIT.toMillis())
                .refreshAheadCache(AHEAD.toMillis(), null, refresher(), false, null, false)
                .build();
    }

    @Override
    public void verify(SignedJWT token) throws Refused {
        JWSAlgorithm algorithm = token.getHeader().getAlgorithm();
        if (!JWSAlgorithm.RS256.equals(algorithm) && !JWSAlgorithm.ES256.equals(algorithm)) {
            throw JwtAuthorizer.badAlgorithm(this);
        }
        for (JWK key : candidates(token.getHeader())) {
            if (signed(token, key)) {
                return;
            }
        }
        throw JwtAuthorizer.badSignature();
    }

    @Override
    public String algorithms() {
        return "RS256 or ES256";
    }

    private List<JWK> candidates(JWSHeader header) throws Refused {
        if (header.getKeyID() == null) {
            throw new Refused(
                    ProblemCode.TOKEN_UNKNOWN_KEY, "the token does not say which key it is signed with (kid)");
        }
        List<JWK> keys = known(header);
        if (!keys.isEmpty()) {
            return keys;
        }
        throw fetch.isRecent()
                ? new Refused(
                        ProblemCode.TOKEN_UNKNOWN_KEY, "the token is signed with a key that its issuer does not have")
                : new Refused(ProblemCode.KEYS_UNAVAILABLE, "the token's key cannot be fetched now; try again later");
    }

    private List<JWK> known(JWSHeader header) {
        try {
            return source.get(new JWKSelector(matcher(header)), null);
        } catch (KeySourceException e) {
            return List.of(); // the fetch has said why
        }
    }

    /** By id, use, type, algorithm, and curve or size. */
    private static JWKMatcher matcher(JWSHeader header) {
        JWKMatcher.Builder matcher = new JWKMatcher.Builder(JWKMatcher.forJWSHeader(header));
        return JWSAlgorithm.ES256.equals(header.getAlgorithm())
                ? matcher.curve(Curve.P_256).build()
                : matcher.minKeySize(LEAST_RSA_BITS).build();
    }

    private static boolean signed(SignedJWT token, JWK key) {
        try {
            JWSVerifier verifier = key instanceof ECKey ec ? new ECDSAVerifier(ec) : new RSASSAVerifier(key.toRSAKey());
            return token.verify(verifier);
        } catch (JOSEException | RuntimeException e) {
            return false; // one that could be read and cannot be used is not the others' affair
        }
    }

    /** A thread that comes and goes. */
    private static ExecutorService refresher() {
        return new ThreadPoolExecutor(
                0, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), KeyFetch.threads("realtime-keys-refresh"));
    }
}
