package dev.realtime.sse.jwt;

import com.nimbusds.jwt.SignedJWT;
import dev.realtime.sse.Refused;

/** The keys that tokens may be signed with. Thread-safe. */
interface TokenKeys {
    /** Returns if the signature is by one of them, with an algorithm that the key is for. */
    void verify(SignedJWT token) throws Refused;

    /** The algorithms, for people. */
    String algorithms();
}
