package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.Envelope;
import dev.realtime.transport.Filter;
import dev.realtime.transport.Position;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The fan-out of one log: its subscriptions by organisation and filter, and how far it has delivered. Thread-safe;
 * its lock is never held while anything blocks. Filters are asked once for all subscribers that share one.
 */
final class LogFeed {
    /** What subscribers do elsewhere: set by the hub. */
    interface Desk {
        /** Reads and delivers the next page, on a replay thread. */
        void replay(HubSubscription subscription);

        /** Somebody now listens to an organisation of a log that has not started. */
        void follow(String orgId);

        /** Nobody listens to the organisation any more. Returns whether its log stops now. */
        boolean unfollow(String orgId);

        /** Counts what was told. */
        void count(int delivered, int gaps);
    }

    private final Desk desk;

    // guarded by this
    private final Map<String, Map<Filter, Set<HubSubscription>>> byOrganisation = new HashMap<>();
    private final ProvisionalIds provisionalIds = new ProvisionalIds();
    private final List<HubSubscription> parked = new ArrayList<>();
    private @Nullable Position through;

    LogFeed(Desk desk) {
        this.desk = desk;
    }

    /** Adds a subscription; it takes part at once if the feed has started. */
    synchronized HubSubscription add(
            SubscribeRequest request, long mailboxBytes, Runnable signal, boolean transportIsDown) {
        HubSubscription subscription = new HubSubscription(request, this, provisionalIds.count(), mailboxBytes, signal);
        byOrganisation
                .computeIfAbsent(request.orgId(), org -> new HashMap<>())
                .computeIfAbsent(request.filter(), filter -> new LinkedHashSet<>())
                .add(subscription);
        Position started = through;
        if (started != null) {
            subscription.attach(started);
            return subscription;
        }
        desk.follow(request.orgId());
        if (transportIsDown) {
            subscription.openBlind();
        }
        return subscription;
    }

    synchronized void remove(HubSubscription subscription) {
        SubscribeRequest request = subscription.request();
        parked.remove(subscription);
        Map<Filter, Set<HubSubscription>> filters = byOrganisation.get(request.orgId());
        Set<HubSubscription> sharing = filters == null ? null : filters.get(request.filter());
        if (filters == null || sharing == null || !sharing.remove(subscription)) {
            return;
        }
        if (sharing.isEmpty()) {
            filters.remove(request.filter());
        }
        if (filters.isEmpty()) {
            byOrganisation.remove(request.orgId());
            if (desk.unfollow(request.orgId())) {
                through = null;
            }
        }
    }

    synchronized void started(Position at) {
        through = at;
        forEach(subscription -> subscription.attach(at));
    }

    /** Walk 1: entries of the log, in order, to everyone they match. */
    synchronized void deliver(List<LogEntry> entries, Position upTo) {
        if (through == null) {
            return;
        }
        through = upTo;
        int delivered = 0;
        for (Map.Entry<String, List<Received>> events :
                eventsByOrganisation(entries).entrySet()) {
            Map<Filter, Set<HubSubscription>> filters = byOrganisation.getOrDefault(events.getKey(), Map.of());
            for (Map.Entry<Filter, Set<HubSubscription>> sharing : filters.entrySet()) {
                List<Received> matching = matching(sharing.getKey(), events.getValue());
                if (matching.isEmpty()) {
                    continue;
                }
                for (HubSubscription subscription : sharing.getValue()) {
                    delivered += subscription.live(matching, upTo);
                }
            }
        }
        desk.count(delivered, 0);
    }

    synchronized void hole(LogPage.Hole hole) {
        Position delivered = through;
        if (delivered != null) {
            through = hole.resumesAt();
            forEach(subscription -> subscription.liveHole(hole, delivered));
        }
    }

    /** Copies of one organisation's events that the log does not have yet. */
    synchronized void provisional(Envelope envelope) {
        provisionalIds.add(envelope);
        List<Received> copy = List.of(new Received(envelope, null, 0));
        byOrganisation.getOrDefault(envelope.orgId(), Map.of()).forEach((filter, sharing) -> {
            if (filter.matches(envelope)) {
                sharing.forEach(subscription -> subscription.provisional(copy));
            }
        });
    }

    /** The transport is down: nobody may wait for it to get in. */
    synchronized void openAllBlind() {
        if (through == null) {
            forEach(HubSubscription::openBlind);
        }
    }

    /** The transport flows: replays go on. */
    synchronized void unpark() {
        List<HubSubscription> resumed = List.copyOf(parked);
        parked.clear();
        resumed.forEach(desk::replay);
    }

    /** The log could not be read for it: it is let in, and its replay waits for {@link #unpark}. */
    synchronized void park(HubSubscription subscription) {
        subscription.openUnread();
        parked.add(subscription);
    }

    synchronized boolean mark(HubSubscription subscription) {
        return subscription.markHere(through);
    }

    synchronized void endAll() {
        forEach(HubSubscription::end);
        byOrganisation.clear();
    }

    synchronized void forEach(Consumer<HubSubscription> action) {
        byOrganisation.values().forEach(filters -> filters.values().forEach(sharing -> sharing.forEach(action)));
    }

    void replay(HubSubscription subscription) {
        desk.replay(subscription);
    }

    void countGap() {
        desk.count(0, 1);
    }

    /** Its lock. */
    boolean noneProvisional() {
        return provisionalIds.isEmpty();
    }

    /** Its lock. */
    boolean seenProvisionally(long joinedAt, Envelope envelope) {
        return provisionalIds.seenSince(joinedAt, envelope);
    }

    private static Map<String, List<Received>> eventsByOrganisation(List<LogEntry> entries) {
        Map<String, List<Received>> events = new HashMap<>();
        for (LogEntry entry : entries) {
            events.computeIfAbsent(entry.envelope().orgId(), org -> new ArrayList<>())
                    .add(HubSubscription.received(entry));
        }
        return events;
    }

    private static List<Received> matching(Filter filter, List<Received> events) {
        return filter.equals(Filter.ALL)
                ? events
                : events.stream()
                        .filter(event -> filter.matches(event.envelope()))
                        .toList();
    }
}
