package dev.realtime.sse.internal.stream;

import dev.realtime.sse.Caller;
import dev.realtime.sse.StreamLimits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Who holds how many streams, and whether there is room for one more. Thread-safe; never blocks. */
final class Seats {
    /** What is limited. */
    enum Kind {
        PROCESS("this instance has"),
        ORGANISATION("this organisation has"),
        USER("this user has"),
        ADDRESS("this address has");

        private final String subject;

        Kind(String subject) {
            this.subject = subject;
        }

        /** As it stands in metrics. */
        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Room, or none. */
    sealed interface Answer {}

    /** Held by one stream, from before it opens until it has ended. */
    final class Seat implements Answer {
        /** That have not been given back. */
        private final Deque<Holder> holders;

        private Seat(List<Holder> holders) {
            this.holders = new ArrayDeque<>(holders);
        }

        synchronized void release() {
            for (Holder next = holders.peek(); next != null; next = holders.peek()) {
                leave(next);
                holders.remove();
            }
        }
    }

    /** This many are open already, which is the limit. */
    record Full(Kind kind, int limit) implements Answer {
        String sentence() {
            return kind.subject + " " + limit + " streams open, which is the limit; close some, or come back later";
        }
    }

    private record Holder(Kind kind, String name) {}

    private final StreamLimits limits;
    private final Map<Holder, Integer> taken = new ConcurrentHashMap<>();

    Seats(StreamLimits limits) {
        this.limits = limits;
    }

    /** One more stream of this caller, from this address. */
    Answer take(Caller caller, String address) {
        List<Holder> holders = new ArrayList<>(4);
        holders.add(new Holder(Kind.PROCESS, ""));
        holders.add(new Holder(Kind.ORGANISATION, caller.orgId()));
        if (caller.userId() != null) {
            holders.add(new Holder(Kind.USER, caller.orgId() + ' ' + caller.userId()));
        }
        holders.add(new Holder(Kind.ADDRESS, address));
        int entered = 0;
        try {
            while (entered < holders.size()) {
                Kind kind = holders.get(entered).kind();
                if (!enter(holders.get(entered), limit(kind))) {
                    return new Full(kind, limit(kind));
                }
                entered++;
            }
            Seat seat = new Seat(List.copyOf(holders));
            entered = 0; // they are the seat's
            return seat;
        } finally {
            holders.subList(0, entered).forEach(this::leave);
        }
    }

    private int limit(Kind kind) {
        return switch (kind) {
            case PROCESS -> limits.process();
            case ORGANISATION -> limits.organisation();
            case USER -> limits.user();
            case ADDRESS -> limits.address();
        };
    }

    private boolean enter(Holder holder, int limit) {
        boolean[] entered = new boolean[1];
        taken.compute(holder, (same, now) -> {
            int streams = now == null ? 0 : now;
            entered[0] = streams < limit;
            return entered[0] ? Integer.valueOf(streams + 1) : now;
        });
        return entered[0];
    }

    private void leave(Holder holder) {
        taken.computeIfPresent(holder, (same, now) -> now > 1 ? now - 1 : null);
    }
}
