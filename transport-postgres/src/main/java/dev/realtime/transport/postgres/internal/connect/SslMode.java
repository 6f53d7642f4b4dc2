package dev.realtime.transport.postgres.internal.connect;

import java.util.Locale;

/** How much encryption is asked for, in the words of libpq. */
enum SslMode {
    DISABLE,
    ALLOW,
    PREFER,
    REQUIRE,
    VERIFY_CA,
    VERIFY_FULL;

    /** Whether a connection without encryption is refused. */
    boolean isRequired() {
        return compareTo(REQUIRE) >= 0;
    }

    /** Whether the server has to prove who it is. */
    boolean isVerified() {
        return compareTo(VERIFY_CA) >= 0;
    }

    /** As libpq and both drivers write it. */
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
