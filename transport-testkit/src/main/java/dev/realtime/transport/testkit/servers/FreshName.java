package dev.realtime.transport.testkit.servers;

import java.util.UUID;

/** Names that nobody else has, also not another JVM on the same server. Lower-case letters, digits and underscores. */
final class FreshName {
    private FreshName() {}

    static String of(String what) {
        return "test_" + what + "_"
                + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
    }
}
