package dev.realtime.sse.internal.stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.realtime.sse.internal.http.Json;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.event.Position;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The frames of the wire, one method for each. Stateless. */
final class Frames {
    /** Envelopes for {@code onmessage}. One instance, so that the bytes are made once for all streams. */
    static final Function<Delivery.Received, byte[]> UNNAMED = received -> envelope(received, false);
    /** Envelopes with their own event name. */
    static final Function<Delivery.Received, byte[]> NAMED = received -> envelope(received, true);

    private static final byte[] LIVE =
            SseEncoder.frame().event("realtime.live").data("{}").bytes();

    private record Open(
            String instance,
            @Nullable String epoch,
            boolean resumed,
            @Nullable String caller) {}

    private record Gap(
            String reason,
            @Nullable String requested,
            @Nullable String floor,
            @Nullable String head,

            @JsonProperty("refetch_after_ms") @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Long refetchAfterMs) {}

    private record Close(String reason, boolean reconnect) {}

    private Frames() {}

    /** @param caller whose stream it is, as clients may know it */
    static byte[] opened(Delivery.Opened opened, String instance, long retryMillis, @Nullable String caller) {
        Position start = opened.start();
        return SseEncoder.frame()
                .event("realtime.open")
                .data(Json.bytes(new Open(instance, start == null ? null : start.epoch(), opened.resumed(), caller)))
                .retry(retryMillis)
                .bytes(cursor(start));
    }

    static byte[] gap(Delivery.Gap gap) {
        return SseEncoder.frame()
                .event("realtime.gap")
                .data(Json.bytes(new Gap(
                        gap.reason().wireName(),
                        gap.requested(),
                        cursor(gap.floor()),
                        cursor(gap.head()),
                        gap.refetchAfterMillis() == 0 ? null : gap.refetchAfterMillis())))
                .bytes();
    }

    static byte[] live() {
        return LIVE;
    }

    /** With a name and data, because to many clients an {@code id} alone is an empty message. */
    static byte[] reached(Delivery.Reached reached) {
        return SseEncoder.frame()
                .event("realtime.position")
                .data("{}")
                .bytes(reached.position().cursor());
    }

    static byte[] close(CloseReason reason, long retryMillis) {
        return SseEncoder.frame()
                .event("realtime.close")
                .data(Json.bytes(new Close(reason.wireName(), reason.reconnect())))
                .retry(retryMillis)
                .bytes();
    }

    private static byte[] envelope(Delivery.Received received, boolean named) {
        byte[] json = received.envelope().toJson(received.provisional());
        SseEncoder frame = SseEncoder.frame(json.length);
        if (named) {
            frame.event(oneLine(received.envelope().type()));
        }
        return frame.data(json).bytes(cursor(received.position()));
    }

    private static @Nullable String cursor(@Nullable Position position) {
        return position == null ? null : position.cursor();
    }

    /** A name that no publisher may use may be in a log all the same, written by hand: it must not become two fields. */
    private static String oneLine(String name) {
        return name.chars().allMatch(c -> c >= ' ' && c < 0x7f)
                ? name
                : name.replaceAll("[\\p{Cntrl}\\x85\\u2028\\u2029]", "\uFFFD");
    }
}
