package dev.realtime.system;

import java.time.Duration;

/** Credentials of a woven world, signed once where they can be. Immutable. */
record SeamTokens(Tokens signing, String acme, String beta, String operator) {
    static SeamTokens fresh() {
        Tokens tokens = new Tokens();
        return new SeamTokens(tokens, tokens.of("acme"), tokens.of("beta"), tokens.of("_ops"));
    }

    String secret() {
        return signing.secret();
    }

    /** Of a user of acme whom nobody else is. */
    String of(String user) {
        return signing.of("acme", user, Duration.ofMinutes(1));
    }
}
