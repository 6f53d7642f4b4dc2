package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Caller;
import dev.realtime.sse.internal.credential.Revocation.Said;
import dev.realtime.sse.internal.credential.Revocation.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The revocations that hold: of each user and organisation all that were heard, as one. No I/O, no clock of its own. Changed by one
 * thread, asked by any.
 */
final class HeldRevocations {
    /** What learning one has changed. */
    enum Learnt {
        /** It holds from now on. */
        NEW,
        /** It adds nothing to what was known; or it is over. */
        KNOWN,
        /** There is no room: the one that ends first is forgotten. */
        OVERFLOW
    }

    /**
     * One that holds.
     *
     * @param time how often it has been said, as far as is known
     * @param saidAt when that was, by its teller's clock
     * @param askedAt when we said it again ourselves and have not heard it yet; null if we have not
     */
    private record Held(
            Revocation revocation,
            long time,
            Instant saidAt,
            @Nullable Instant askedAt) {}

    private final int most;
    private final Map<Subject, Held> held = new ConcurrentHashMap<>();

    HeldRevocations(int most) {
        this.most = most;
    }

    int size() {
        return held.size();
    }

    boolean isFull() {
        return held.size() >= most;
    }

    boolean holds(Subject subject) {
        return held.containsKey(subject);
    }

    /** Whether the caller's credential is refused. */
    boolean covers(Caller caller, Instant now) {
        if (held.isEmpty() || caller.issuedAt() == null) {
            return false;
        }
        return covers(new Subject(caller.orgId(), null), caller, now)
                || (caller.userId() != null && covers(new Subject(caller.orgId(), caller.userId()), caller, now));
    }

    private boolean covers(Subject subject, Caller caller, Instant now) {
        Held one = held.get(subject);
        return one != null && one.revocation.isAfterIssueOf(caller) && now.isBefore(one.revocation.until());
    }

    Learnt learn(Said said, Instant saidAt, Instant now) {
        Revocation revocation = said.revocation();
        if (!now.isBefore(revocation.until())) {
            return Learnt.KNOWN;
        }
        Held known = held.get(revocation.subject());
        Revocation all = known == null ? revocation : known.revocation.with(revocation);
        if (known != null && all.equals(known.revocation)) {
            if (all.equals(revocation) && said.time() >= known.time) {
                held.put(all.subject(), new Held(all, said.time(), saidAt, null));
            }
            return Learnt.KNOWN;
        }
        // What two of them come to has not been said yet.
        boolean isSaid = all.equals(revocation);
        held.put(all.subject(), new Held(all, isSaid ? said.time() : 0, isSaid ? saidAt : Instant.EPOCH, null));
        if (held.size() <= most) {
            return Learnt.NEW;
        }
        held.values().stream()
                .min(Comparator.comparing(each -> each.revocation.until()))
                .ifPresent(first -> held.remove(first.revocation.subject()));
        return Learnt.OVERFLOW;
    }

    void forgetEnded(Instant now) {
        held.values().removeIf(each -> !now.isBefore(each.revocation.until()));
    }

    /** Those that were last said so long ago, to be said again; each once in that time. At most so many. */
    List<Said> due(Duration age, Instant now, int atMost) {
        List<Said> due = new ArrayList<>();
        for (Held each : List.copyOf(held.values())) {
            boolean old = !each.saidAt.plus(age).isAfter(now);
            boolean asked = each.askedAt != null && each.askedAt.plus(age).isAfter(now);
            if (old && !asked && due.size() < atMost) {
                held.put(each.revocation.subject(), new Held(each.revocation, each.time, each.saidAt, now));
                due.add(new Said(each.revocation, each.time + 1));
            }
        }
        return due;
    }
}
