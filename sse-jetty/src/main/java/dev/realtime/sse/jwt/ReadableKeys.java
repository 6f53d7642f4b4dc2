package dev.realtime.sse.jwt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a key set (JWKS). A key that cannot be read, or is of a kind that tokens here are not signed with, is left out, and
 * the others are good (RFC 7517, section 5). What is left out is said once, for as long as the set says it. Thread-safe.
 */
final class ReadableKeys {
    private static final Logger LOG = LoggerFactory.getLogger(ReadableKeys.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TypeReference<Map<String, Object>> MEMBERS = new TypeReference<>() {};
    private static final int MOST_SHOWN = 40;
    private static final int MOST_SAID = 20;

    private final String server;
    /** Sentences about the set that was read last. */
    private Set<String> said = Set.of();

    /** @param server as the log may show it */
    ReadableKeys(String server) {
        this.server = server;
    }

    /** @throws ParseException if it is no key set, or there is nothing in it that can be read */
    JWKSet read(String text) throws ParseException {
        JsonNode published = published(text);
        List<JWK> keys = new ArrayList<>();
        Set<String> leftOut = new LinkedHashSet<>();
        int unreadable = 0;
        for (int i = 0; i < published.size(); i++) {
            JsonNode member = published.get(i);
            JWK key = key(member);
            String why = key == null ? "it cannot be read" : unusable(key);
            unreadable += key == null ? 1 : 0;
            if (key != null && why == null) {
                keys.add(key);
            } else {
                leftOut.add("number " + (i + 1) + " (kid " + shown(member, "kid") + ", kty " + shown(member, "kty")
                        + "): " + why);
            }
        }
        if (unreadable > 0 && unreadable == published.size()) {
            throw new ParseException("none of its " + unreadable + " keys can be read", 0);
        }
        say(leftOut);
        return new JWKSet(keys);
    }

    private static JsonNode published(String text) throws ParseException {
        try {
            JsonNode keys = JSON.readTree(text).path("keys");
            if (keys.isArray()) {
                return keys;
            }
        } catch (JsonProcessingException notJson) {
            // said below
        }
        throw new ParseException("the answer is not a key set, {\"keys\":[…]}", 0);
    }

    /** Null for what is none. */
    private static @Nullable JWK key(JsonNode member) {
        try {
            return member.isObject() ? JWK.parse(JSON.convertValue(member, MEMBERS)) : null;
        } catch (ParseException | RuntimeException whateverIsWrong) {
            return null;
        }
    }

    /** Why no token could be signed with it; null if one could. */
    private static @Nullable String unusable(JWK key) {
        if (key instanceof RSAKey rsa) {
            int bits = rsa.size();
            return bits < KeySet.LEAST_RSA_BITS
                    ? "it has " + bits + " bits, and at least " + KeySet.LEAST_RSA_BITS + " are needed"
                    : unusable(key, JWSAlgorithm.RS256);
        } else if (key instanceof ECKey ec) {
            return Curve.P_256.equals(ec.getCurve())
                    ? unusable(key, JWSAlgorithm.ES256)
                    : "its curve is not " + Curve.P_256;
        }
        return "it is not for " + JWSAlgorithm.RS256 + " or " + JWSAlgorithm.ES256;
    }

    private static @Nullable String unusable(JWK key, JWSAlgorithm algorithm) {
        return key.getAlgorithm() == null || key.getAlgorithm().equals(algorithm) ? null : "it is not for " + algorithm;
    }

    private synchronized void say(Set<String> leftOut) {
        leftOut.stream()
                .filter(sentence -> !said.contains(sentence))
                .limit(MOST_SAID)
                .forEach(sentence -> LOG.warn("A key of {} is left out: {}", server, sentence));
        said = leftOut;
    }

    private static String shown(JsonNode member, String name) {
        JsonNode value = member.path(name);
        if (!value.isTextual()) {
            return "unknown";
        }
        String text = value.textValue();
        return "'" + text.substring(0, Math.min(text.length(), MOST_SHOWN)).replaceAll("[^ -~]", "?") + "'";
    }
}
