package dev.realtime.transport.redis.internal.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.event.FieldRules;

/** The names at Redis of one organisation's log: all of its keys are in one hash tag. log.lua says what they hold. */
public final class OrgKeys {
    private final String tag;
    private final String channel;

    private OrgKeys(String tag, String channel) {
        this.tag = tag;
        this.channel = channel;
    }

    public static OrgKeys of(String prefix, String orgId) {
        String tag = prefix + ":{org:" + orgId + "}:";
        String channel = orgId.equals(FieldRules.OPERATORS) ? operators(prefix) : tag + "events";
        return new OrgKeys(tag, channel);
    }

    /** Whose channel it is: the inverse of {@link #channel}. */
    public static String organisationOf(String prefix, byte[] channel) {
        String name = new String(channel, UTF_8);
        return name.equals(operators(prefix))
                ? FieldRules.OPERATORS
                : name.substring(prefix.length() + ":{org:".length(), name.length() - "}:events".length());
    }

    /** Is called on every append. */
    public byte[] channel() {
        return channel.getBytes(UTF_8);
    }

    public byte[] meta() {
        return key("meta");
    }

    public byte[] stream() {
        return key("stream");
    }

    public byte[] marks() {
        return key("marks");
    }

    public byte[] event(String id) {
        return key("id:" + id);
    }

    private static String operators(String prefix) {
        return prefix + ":ops:events";
    }

    private byte[] key(String name) {
        return (tag + name).getBytes(UTF_8);
    }
}
