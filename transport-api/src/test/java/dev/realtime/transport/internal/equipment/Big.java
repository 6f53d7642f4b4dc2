package dev.realtime.transport.internal.equipment;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import java.time.Instant;

/** Events of 300 KB: three fill a mailbox. */
public final class Big {
    public static final JsonPayload PAYLOAD = JsonPayload.of('"' + "x".repeat(300_000) + '"');

    private Big() {}

    public static Envelope envelope(String id) {
        return new Envelope(id, "acme", "changed", "events", Instant.EPOCH, PAYLOAD, null);
    }
}
