package dev.realtime.transport;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a subscription hands out, in order. A stream begins: [{@link Gap}] {@link Opened} {@link Received}… {@link Live}. */
public sealed interface Delivery {
    /** About what it takes while it waits in a mailbox, in bytes. */
    default int weight() {
        return 64;
    }

    /**
     * Where this stream starts.
     *
     * @param start the resumed cursor, the head of a fresh subscription, or where delivery goes on after a gap; null
     *     while the transport has never been reached: the first position then comes with a gap
     * @param resumed whether it goes on from the cursor that was asked for
     */
    record Opened(@Nullable Position start, boolean resumed) implements Delivery {}

    /** The replay is finished: what follows is live. */
    record Live() implements Delivery {}

    /** Everything for this subscription up to here has been handed out. Comes when asked for. */
    record Reached(Position position) implements Delivery {}

    /**
     * A gap: re-fetch what the topics stand for.
     *
     * @param requested the cursor after which the gap begins, as it was given; null if there was none
     * @param floor the oldest position held; null where nobody looked
     * @param head the newest position held
     * @param refetchAfterMillis how long to wait before fetching again, drawn for this subscription where all are told
     *     at once, so that they do not all fetch at once; else 0
     */
    record Gap(
            GapReason reason,
            @Nullable String requested,
            @Nullable Position floor,
            Position head,
            long refetchAfterMillis)
            implements Delivery {
        /** One that is told to this subscription alone. */
        public Gap(GapReason reason, @Nullable String requested, @Nullable Position floor, Position head) {
            this(reason, requested, floor, head, 0);
        }
    }

    /** The last one: the front door was closed. */
    record Ended() implements Delivery {}

    /** An event. One instance is shared by all subscriptions that receive it. Thread-safe. */
    final class Received implements Delivery {
        private final Envelope envelope;
        private final @Nullable Position position;
        private final long loggedAtMicros;
        private volatile @Nullable Rendering rendering;
        private volatile @Nullable Object workedOut;

        /** What one renderer made of this. */
        private static final class Rendering {
            private final Object renderer;
            private final byte[] bytes;

            private Rendering(Object renderer, byte[] bytes) {
                this.renderer = renderer;
                this.bytes = bytes;
            }
        }

        /**
         * @param position null for a provisional copy, delivered while the transport is away
         * @param loggedAtMicros when the log took it, microseconds since 1970 by the log's clock; 0 if unknown
         */
        public Received(Envelope envelope, @Nullable Position position, long loggedAtMicros) {
            this.envelope = envelope;
            this.position = position;
            this.loggedAtMicros = loggedAtMicros;
        }

        public Envelope envelope() {
            return envelope;
        }

        /** Null for a provisional copy. */
        public @Nullable Position position() {
            return position;
        }

        /** Delivered here before the log has it: outside the order, without a cursor. */
        public boolean provisional() {
            return position == null;
        }

        /** When the log took it, microseconds since 1970 by the log's clock; 0 if unknown. */
        public long loggedAtMicros() {
            return loggedAtMicros;
        }

        @Override
        public int weight() {
            return envelope.weight();
        }

        /** The bytes that a renderer makes of this, made once and kept for the next subscription with the same renderer. */
        public byte[] renderedBy(Function<Received, byte[]> renderer) {
            Rendering kept = rendering;
            if (kept != null && kept.renderer == renderer) {
                return kept.bytes;
            }
            byte[] bytes = renderer.apply(this);
            if (kept == null) {
                rendering = new Rendering(renderer, bytes);
            }
            return bytes;
        }

        /**
         * What the hub has worked out of this for all subscriptions, once: whoever asks first works it out.
         *
         * @param work the same function always
         */
        public Object workedOut(Function<Received, Object> work) {
            Object known = workedOut;
            if (known == null) {
                known = work.apply(this);
                workedOut = known;
            }
            return known;
        }

        @Override
        public String toString() {
            return "Received[" + envelope.id() + " at " + Objects.toString(position, "no position") + "]";
        }
    }
}
