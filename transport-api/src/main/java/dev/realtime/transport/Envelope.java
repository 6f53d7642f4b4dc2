package dev.realtime.transport;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Event} on its way, contract v1. Immutable.
 *
 * @param id unique within the organisation, sortable by time when we made it
 * @param orgId the organisation
 * @param event the event's type
 * @param topic the event's topic
 * @param timestamp when it was published, in microseconds
 * @param payload the JSON value, carried unparsed
 * @param userIds the audience, or null for the whole organisation; never sent to a browser
 */
public record Envelope(
        String id,
        String orgId,
        String event,
        String topic,
        Instant timestamp,
        JsonPayload payload,
        @Nullable List<String> userIds) {
    /** The version of this contract. */
    public static final int VERSION = 1;

    /** What the fields beside the payload and the names take in memory, in bytes: an estimate for bounded queues. */
    private static final int OVERHEAD_BYTES = 200;

    /** The same statement by the same publisher: all but the timestamp is equal. Decides replay against conflict. */
    public boolean sameBodyAs(Envelope other) {
        return event.equals(other.event)
                && topic.equals(other.topic)
                && payload.equals(other.payload)
                && Objects.equals(userIds, other.userIds);
    }

    /** Whether a subscriber of this organisation may hear it. */
    public boolean isFor(@Nullable String userId) {
        return userIds == null || (userId != null && userIds.contains(userId));
    }

    /** About what it takes in memory, in bytes. */
    public int weight() {
        return OVERHEAD_BYTES + payload.size();
    }

    /** The envelope as subscribers see it: UTF-8 JSON on one line, without the audience. The payload is not parsed. */
    public byte[] toJson(boolean provisional) {
        StringBuilder head = new StringBuilder(256)
                .append("{\"id\":\"")
                .append(id)
                .append("\",\"org_id\":\"")
                .append(orgId)
                .append("\",\"event\":\"")
                .append(event)
                .append("\",\"topic\":\"")
                .append(topic)
                .append("\",\"timestamp\":\"")
                .append(timestamp)
                .append("\",\"version\":")
                .append(VERSION);
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
