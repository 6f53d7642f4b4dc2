package dev.realtime.transport.redis.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.FieldRules;

/** The names at Redis of one organisation's log: all of its keys are in one hash tag. log.lua says what they hold. */
final class OrgKeys {
    private final String tag;
    private final String channel;

    private OrgKeys(String tag, String channel) {
        this.tag = tag;
        this.channel = channel;
    }

    static OrgKeys of(String prefix, String orgId) {
        String tag = prefix + ":{org:" + orgId + "}:";
        String channel = orgId.equals(FieldRules.OPERATORS) ? operators(prefix) : tag + "events";
        return new OrgKeys(tag, channel);
    }

    /** Whose channel it is: the inverse of {@link #channel}. */
    static String organisationOf(String prefix, byte[] channel) {
        String name = new String(channel, UTF_8);
        return name.equals(operators(prefix))
                ? FieldRules.OPERATORS
                : name.substring(prefix.length() + ":{org:".length(), name.length() - "}:events".length());
    }

    /** Is called on every append. */
    byte[] channel() {
        return channel.getBytes(UTF_8);
    }

    byte[] meta() {
        return key("meta");
    }

    byte[] stream() {
        return key("stream");
    }

    byte[] marks() {
        return key("marks");
    }

    byte[] event(String id) {
        return key("id:" + id);
    }

    private static String operators(String prefix) {
        return prefix + ":ops:events";
    }

    private byte[] key(String name) {
        return (tag + name).getBytes(UTF_8);
    }
}
