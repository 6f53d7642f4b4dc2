package dev.realtime.transport.redis.internal.tail;

import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.redis.internal.connect.Timing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What {@link Tail} does with one session, round by round: takes up who is followed, looks at the logs that may have
 * something new, and now and then at all of them. For the tail's thread only; every method throws
 * {@link dev.realtime.transport.TransportUnavailableException} when the session is lost.
 */
final class Round {
    private final Session session;
    private final Wakeups wakeups;
    private final Interest interest;
    private final Feed feed;
    private final Map<String, Followed> followed;

    /** To look at, in this order. */
    private final Set<String> behind = new LinkedHashSet<>();
    /** Not read to the head since the session began. */
    private final Set<String> recovering = new HashSet<>();

    private long pollAtNanos = System.nanoTime();

    Round(Session session, Wakeups wakeups, Interest interest, Feed feed, Map<String, Followed> followed) {
        this.session = session;
        this.wakeups = wakeups;
        this.interest = interest;
        this.feed = feed;
        this.followed = followed;
    }

    /** Hears of all that are followed again, then knows them to be behind. */
    void begin() {
        take(interest.take(Duration.ZERO));
        wakeups.subscribe(session, followed.keySet());
        feed.verifyHeard(session, followed.values());
        feed.verifyAcknowledged(session);
        feed.start(session, followed.values());
        behind.addAll(followed.keySet());
        recovering.addAll(followed.keySet());
    }

    /** Whether everything from before the session has been delivered. */
    boolean caughtUp() {
        return recovering.isEmpty();
    }

    /** One round. False when closed. */
    boolean next() {
        long idle = behind.isEmpty() ? Math.max(0, pollAtNanos - System.nanoTime()) : 0;
        Interest.Work work = interest.take(Duration.ofNanos(idle));
        if (work.closed()) {
            return false;
        }
        session.requireOpen();
        List<Followed> fresh = take(work);
        List<String> organisations = fresh.stream().map(each -> each.orgId).toList();
        wakeups.subscribe(session, organisations);
        feed.start(session, fresh);
        behind.addAll(organisations);
        tend();
        feed.deliver(session, followed, behind).forEach(recovering::remove);
        return true;
    }

    /** Forgets whom nobody follows; returns whom somebody newly does. */
    private List<Followed> take(Interest.Work work) {
        List<Followed> fresh = new ArrayList<>();
        List<String> gone = new ArrayList<>();
        work.changed().forEach((orgId, generation) -> {
            Followed before = followed.remove(orgId);
            if (generation == Interest.NOBODY) {
                behind.remove(orgId);
                recovering.remove(orgId);
                gone.add(orgId);
            } else {
                Followed one = before == null ? new Followed(orgId, generation) : before.again(generation);
                followed.put(orgId, one);
                fresh.add(one);
            }
        });
        wakeups.unsubscribe(gone);
        for (String orgId : work.woken()) {
            if (followed.containsKey(orgId)) {
                behind.add(orgId);
            }
        }
        return fresh;
    }

    /** Heartbeats and the poll, when it is time; at once when the wake-ups have just been lost. */
    private void tend() {
        boolean heard = wakeups.hearing();
        boolean due = System.nanoTime() - pollAtNanos >= 0;
        if (wakeups.step(due)) {
            wakeups.subscribe(session, followed.keySet());
            behind.addAll(followed.keySet());
        }
        if (due || (heard && !wakeups.hearing())) {
            session.beat();
            feed.verifyAcknowledged(session);
            behind.addAll(feed.poll(session, followed.values()));
            Duration pause = wakeups.hearing() ? Timing.POLL : Timing.DEAF_POLL;
            pollAtNanos = System.nanoTime() + pause.toNanos();
        }
    }
}
