package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Filter;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

        /** Nobody listens to the organisation any more. */
        void unfollow(String orgId);

        /** Whether a log is heard of only while somebody here listens to it. */
        boolean followsOnDemand();

        /** The log has another epoch: what was read of it may be no more. */
        void logChanged();

        /** Whether the transport is down, now. */
        boolean transportIsDown();

        /** Whether all subscriptions have been ended. */
        boolean ended();

        /** Nobody listens to this feed any more, and it is not heard of: it takes no more subscriptions. */
        void forget(LogFeed feed);

        /** Counts subscriptions that come or, below 0, go. */
        void countOpen(int subscriptions);

        /** A time to wait before fetching again, drawn at random for one of all that are told at once. */
        long drawnRefetch();

        /** Counts what was told. */
        void count(int delivered, int gaps);

        /** A step of one subscription failed; nobody else is concerned. Throws nothing. */
        void failed(Throwable failure);

        /** It is closed: nothing is held for it any more. Throws nothing. */
        void left(HubSubscription subscription);

        /** Counts pings that were left out because a later one says the same. */
        void countConflated(int pings);
    }

    private final Desk desk;

    // guarded by this; concurrent only so that a signal may close a subscription amid a delivery
    private final Map<String, Map<Filter, Set<HubSubscription>>> byOrganisation = new ConcurrentHashMap<>();
    private final ProvisionalIds provisionalIds = new ProvisionalIds();
    private final Set<HubSubscription> parked = new LinkedHashSet<>();
    /** Live, and further than the feed, by a page: nothing proves yet that the feed comes by there. */
    private final Set<HubSubscription> ahead = new LinkedHashSet<>();

    private @Nullable Position through;
    /** The epoch before the feed's: what was read in it is another log's. */
    private @Nullable String leftEpoch;

    private boolean forgotten;

    LogFeed(Desk desk) {
        this.desk = desk;
    }

    /** Adds a subscription; it takes part at once if the feed has started. Null if this feed was forgotten. */
    synchronized @Nullable HubSubscription add(SubscribeRequest request, long mailboxBytes, Runnable signal) {
        if (forgotten) {
            return null;
        }
        HubSubscription subscription = new HubSubscription(request, this, mailboxBytes, signal);
        if (desk.ended()) {
            subscription.end();
            return subscription;
        }
        boolean added = false;
        try {
            admit(subscription);
            added = true;
        } finally {
            if (!added) {
                remove(subscription);
            }
        }
        return subscription;
    }

    private void admit(HubSubscription subscription) {
        SubscribeRequest request = subscription.request();
        byOrganisation
                .computeIfAbsent(request.orgId(), org -> new ConcurrentHashMap<>())
                .computeIfAbsent(request.filter(), filter -> ConcurrentHashMap.newKeySet())
                .add(subscription);
        desk.countOpen(1);
        Position started = through;
        if (started != null) {
            subscription.attach(started);
            return;
        }
        desk.follow(request.orgId());
        if (desk.transportIsDown()) {
            subscription.openBlind();
        }
    }

    synchronized void remove(HubSubscription subscription) {
        SubscribeRequest request = subscription.request();
        subscription.closed();
        desk.left(subscription);
        parked.remove(subscription);
        ahead.remove(subscription);
        String organisation = request.orgId();
        Filter filter = request.filter();
        Map<Filter, Set<HubSubscription>> filters = byOrganisation.getOrDefault(organisation, new HashMap<>());
        Set<HubSubscription> sharing = filters.getOrDefault(filter, Set.of());
        // What may throw comes before what it is about: a close that failed is tried again.
        if (sharing.contains(subscription)) {
            desk.countOpen(-1);
            sharing.remove(subscription);
        }
        if (sharing.isEmpty()) {
            filters.remove(filter);
        }
        if (filters.isEmpty() && byOrganisation.containsKey(organisation)) {
            desk.unfollow(organisation);
            byOrganisation.remove(organisation);
        }
        if (byOrganisation.isEmpty() && desk.followsOnDemand()) {
            forgotten = true;
            desk.forget(this);
        }
    }

    /** The log is heard from here on. Again, if it was left and followed again before the first start came through. */
    synchronized void started(Position at) {
        if (byOrganisation.isEmpty() && desk.followsOnDemand()) {
            return;
        }
        Position heard = through;
        moveTo(at);
        each(subscription -> {
            if (heard == null) {
                subscription.attach(at);
            } else {
                subscription.rejoin(heard, at);
            }
        });
    }

    /** What the subscribers of one filter get. */
    private record Share(List<Received> events, Set<HubSubscription> subscribers) {}

    /**
     * Walk 1: entries of the log, in order, to everyone they match. What throws, throws before anybody has been given
     * anything: then it may be repeated. What was delivered before is not delivered again.
     */
    synchronized void deliver(List<LogEntry> told, Position upTo) {
        Position before = through;
        if (before == null) {
            return;
        }
        List<LogEntry> entries = after(before, told);
        List<Share> shares = shares(entries);
        boolean copied = provisionalIds.haveAnyOf(entries);
        int delivered = 0;
        try {
            moveTo(upTo);
            if (!ahead.isEmpty()) {
                prove(entries, before, upTo);
            }
            for (int i = 0; i < shares.size(); i++) {
                Share share = shares.get(i);
                for (HubSubscription subscription : share.subscribers()) {
                    delivered += subscription.live(share.events(), before, upTo, copied);
                }
            }
        } catch (RuntimeException | Error e) {
            // To repeat it would be no use: the feed is past it.
            each(subscription -> subscription.missed(before, upTo));
            desk.failed(e);
        }
        desk.count(delivered, 0);
    }

    private static List<LogEntry> after(Position before, List<LogEntry> entries) {
        if (entries.isEmpty() || isAfter(before, entries.get(0).position())) {
            return entries;
        }
        return entries.stream()
                .filter(entry -> isAfter(before, entry.position()))
                .toList();
    }

    private static boolean isAfter(Position before, Position position) {
        return position.offset() > before.offset() || !position.epoch().equals(before.epoch());
    }

    private List<Share> shares(List<LogEntry> entries) {
        List<Share> shares = new ArrayList<>();
        eventsByOrganisation(entries)
                .forEach((orgId, events) -> byOrganisation
                        .getOrDefault(orgId, Map.of())
                        .forEach((filter, subscribers) -> {
                            List<Received> matching = List.copyOf(matching(filter, events));
                            if (!matching.isEmpty()) {
                                shares.add(new Share(matching, subscribers));
                            }
                        }));
        return shares;
    }

    synchronized void gap(LogPage.Gap gap) {
        Position delivered = through;
        if (delivered != null) {
            moveTo(gap.resumesAt());
            ahead.clear();
            each(subscription -> subscription.liveGap(gap, delivered));
        }
    }

    private void moveTo(Position to) {
        Position from = through;
        through = to;
        if (from != null && !from.epoch().equals(to.epoch())) {
            leftEpoch = from.epoch();
            forEach(HubSubscription::logChanged);
            desk.logChanged();
        }
    }

    /** Who read further than the feed was may have read what a failover then undid: the entries there tell. */
    private void prove(List<LogEntry> entries, Position before, Position upTo) {
        for (HubSubscription subscription : List.copyOf(ahead)) {
            try {
                if (subscription.isProved(entries, before, upTo)) {
                    ahead.remove(subscription);
                }
            } catch (RuntimeException | Error e) {
                struck(subscription, e);
            }
        }
    }

    /** Its lock. It is live now, here. */
    void liveAt(HubSubscription subscription, Position reached) {
        Position delivered = through;
        if (delivered != null && reached.offset() > delivered.offset()) {
            ahead.add(subscription);
        }
    }

    /** Its lock. Whether the feed was in this epoch before it came to the one it is in. */
    boolean hasLeft(String epoch) {
        return epoch.equals(leftEpoch);
    }

    /** Copies of one organisation's events that the log does not have yet. */
    synchronized void provisional(Envelope envelope) {
        List<Received> copy = List.of(new Received(envelope, null, 0));
        List<HubSubscription> hearing = new ArrayList<>();
        byOrganisation.getOrDefault(envelope.orgId(), Map.of()).forEach((filter, sharing) -> {
            if (filter.matches(envelope)) {
                hearing.addAll(sharing);
            }
        });
        long number = provisionalIds.add(envelope); // from here on they count as told
        if (number != 0) {
            hearing.forEach(subscription -> guarded(subscription, one -> one.provisional(copy, number)));
        }
    }

    /** The transport is down: nobody may wait for it to get in. */
    synchronized void openAllBlind() {
        if (through == null) {
            each(HubSubscription::openBlind);
        }
    }

    /** Has replays go on that something kept from being asked for. */
    synchronized void sweep() {
        if (!desk.transportIsDown()) {
            unpark();
        }
        forEach(subscription -> {
            subscription.nudge();
            if (subscription.isStranded() && !parked.contains(subscription)) {
                desk.replay(subscription);
            }
        });
    }

    /** The transport flows: replays go on. */
    synchronized void unpark() {
        List<HubSubscription> resumed = List.copyOf(parked);
        parked.clear();
        resumed.forEach(desk::replay);
    }

    /** The log could not be read for it: it is let in, and its replay waits for {@link #unpark}. */
    synchronized void park(HubSubscription subscription) {
        if (subscription.openUnread()) {
            parked.add(subscription);
        }
    }

    synchronized boolean mark(HubSubscription subscription) {
        return subscription.markHere(through);
    }

    synchronized void endAll() {
        each(subscription -> {
            desk.countOpen(-1);
            subscription.end();
        });
        byOrganisation.clear();
        parked.clear();
        ahead.clear();
    }

    synchronized void forEach(Consumer<HubSubscription> action) {
        byOrganisation.values().forEach(filters -> filters.values().forEach(sharing -> sharing.forEach(action)));
    }

    /** A step for every subscription; one that fails ends, and only that one. */
    private void each(Consumer<HubSubscription> step) {
        forEach(subscription -> guarded(subscription, step));
    }

    private void guarded(HubSubscription subscription, Consumer<HubSubscription> step) {
        try {
            step.accept(subscription);
        } catch (RuntimeException | Error e) {
            struck(subscription, e);
        }
    }

    private void struck(HubSubscription subscription, Throwable failure) {
        subscription.fail();
        failed(failure);
    }

    void failed(Throwable failure) {
        desk.failed(failure);
    }

    void replay(HubSubscription subscription) {
        desk.replay(subscription);
    }

    void countDelivered(int events) {
        desk.count(events, 0);
    }

    void countConflated(int pings) {
        if (pings > 0) {
            desk.countConflated(pings);
        }
    }

    void countGap() {
        desk.count(0, 1);
    }

    long drawnRefetch() {
        return desk.drawnRefetch();
    }

    /** Its lock. */
    boolean noneProvisional() {
        return provisionalIds.isEmpty();
    }

    /** Its lock. */
    boolean seenProvisionally(Envelope envelope, long after, long before) {
        return provisionalIds.delivered(envelope, after, before);
    }

    /** Its lock. How many provisional copies there have been. */
    long provisionalCopies() {
        return provisionalIds.count();
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
