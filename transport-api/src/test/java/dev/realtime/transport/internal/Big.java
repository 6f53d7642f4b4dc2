package dev.realtime.transport.internal;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import java.time.Instant;

/** Events of 300 KB: three fill a mailbox. */
final class Big {
    static final JsonPayload PAYLOAD = JsonPayload.of('"' + "x".repeat(300_000) + '"');

    private Big() {}

    static Envelope envelope(String id) {
        return new Envelope(id, "acme", "changed", "events", Instant.EPOCH, PAYLOAD, null);
    }
}
