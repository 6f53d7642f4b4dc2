package dev.realtime.transport.event;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Event} on its way, contract v1. Immutable.
 *
 * @param id unique within the organisation, sortable by time when we made it
 * @param orgId the organisation
 * @param type what happened, such as {@code orders.updated}
 * @param topic the event's topic
 * @param timestamp when it was published, in microseconds
 * @param payload the JSON value, carried unparsed
 * @param audience the users who may hear it, or null for the whole organisation; never sent to a browser
 */
public record Envelope(
        String id,
        String orgId,
        String type,
        String topic,
        Instant timestamp,
        JsonPayload payload,
        @Nullable List<String> audience) {
    /** The version of this contract. */
    public static final String VERSION = "v1";

    /** What the fields beside the payload and the names take in memory, in bytes: an estimate for bounded queues. */
    private static final int OVERHEAD_BYTES = 200;

    /** The same statement by the same publisher: all but the timestamp is equal. Decides replay against conflict. */
    public boolean sameBodyAs(Envelope other) {
        return type.equals(other.type)
                && topic.equals(other.topic)
                && payload.equals(other.payload)
                && Objects.equals(audience, other.audience);
    }

    /** Whether a subscriber of this organisation may hear it. */
    public boolean isFor(@Nullable String userId) {
        return audience == null || (userId != null && audience.contains(userId));
    }

    /** About what it takes in memory, in bytes. */
    public int weight() {
        return OVERHEAD_BYTES + payload.size();
    }

    /** As it is, if it is a name that may be published; what was written into a log by hand may be anything. */
    private static String escaped(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return escapedFrom(name, i);
            }
        }
        return name;
    }

    private static String escapedFrom(String name, int first) {
        StringBuilder text = new StringBuilder(name.length() + 16).append(name, 0, first);
        for (int i = first; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    /** The envelope as subscribers see it: UTF-8 JSON on one line, without the audience. The payload is not parsed. */
    public byte[] toJson(boolean provisional) {
        StringBuilder head = new StringBuilder(256)
                .append("{\"id\":\"")
                .append(escaped(id))
                .append("\",\"org_id\":\"")
                .append(escaped(orgId))
                .append("\",\"event\":\"")
                .append(escaped(type))
                .append("\",\"topic\":\"")
                .append(escaped(topic))
                .append("\",\"timestamp\":\"")
                .append(timestamp)
                .append("\",\"version\":\"")
                .append(VERSION)
                .append('"');
        if (provisional) {
            head.append(",\"provisional\":true");
        }
        head.append(",\"payload\":");
        ByteArrayOutputStream out = new ByteArrayOutputStream(head.length() + payload.size() + 1);
        out.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(payload.bytes());
        out.write('}');
        return out.toByteArray();
    }
}
