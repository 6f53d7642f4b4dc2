package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.runtime.Measure;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.runtime.Timer;
import dev.realtime.transport.runtime.Workers;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process-local centre. What an adapter hears goes to the {@link LogFeed} of its log and is never published
 * again; subscriptions that start at a cursor are replayed here, a page at a time, on a few threads. Thread-safe.
 */
public final class Hub implements DeliverySink {
    /** Most that may wait for one subscriber, in bytes (about). */
    static final long MAILBOX_BYTES = 1L << 20;
    /** Most events read at once for a replay. */
    static final int PAGE_EVENTS = 500;

    private static final int REPLAY_THREADS = 4;
    private static final String PART = "realtime-hub";
    private static final Duration RETRY = Duration.ofMillis(200);
    private static final Duration SWEEP = Duration.ofSeconds(1);
    /** After a gap that all are told at once, about 200 of an instance's subscribers fetch again in a second, */
    private static final long REFETCH_MILLIS_EACH = 5;
    /** the last one after at least so long, */
    private static final long SHORTEST_REFETCH_MILLIS = 1_000;
    /** and at most so long. */
    private static final long LONGEST_REFETCH_MILLIS = 30_000;

    private static final Logger LOG = LoggerFactory.getLogger(Hub.class);

    private final PubSubAdapter adapter;
    private final ReplayPages pages;
    private final ReplayRoom room;
    private final Map<LogId, LogFeed> feeds = new ConcurrentHashMap<>();
    private final Supervisor supervisor;
    private final Workers replays;
    /** Apart from the replays, which may all be waiting for the backend. */
    private final Timer retries;

    private final AtomicBoolean sweeping = new AtomicBoolean();

    private final AtomicInteger openSubscriptions = new AtomicInteger();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder gaps = new LongAdder();
    private final LongAdder conflated = new LongAdder();
    private final LongAdder recoveries = new LongAdder();

    /** What the adapter said last; written by its thread. */
    private volatile TransportStatus.State state = TransportStatus.State.STARTING;

    private volatile boolean ended;
    private volatile Runnable flowing = () -> {};

    public Hub(PubSubAdapter adapter, Supervisor supervisor) {
        this(adapter, supervisor, ReplayRoom.bytesFor(Runtime.getRuntime().maxMemory()));
    }

    /** @param replayBytes what replays may hold together */
    public Hub(PubSubAdapter adapter, Supervisor supervisor, long replayBytes) {
        this.adapter = adapter;
        this.supervisor = supervisor;
        this.replays = supervisor.workers("realtime-replay", REPLAY_THREADS);
        this.retries = supervisor.timer("realtime-retry");
        this.room = new ReplayRoom(replayBytes, HubSubscription::replayAgain);
        this.pages = new ReplayPages(
                (orgId, after) -> adapter.read(orgId, after, PAGE_EVENTS), System::nanoTime, replayBytes);
    }

    /** What to call each time the transport begins to flow. */
    public void onFlowing(Runnable callback) {
        flowing = callback;
    }

    /** Whether the transport is known to be away, which it is not while it starts. */
    public boolean isDown() {
        return state == TransportStatus.State.DOWN;
    }

    /** Whether events reach the log and come back from it. */
    public boolean flows() {
        return state.flows();
    }

    /** Walk 2: subscribes at the request's cursor. */
    public Subscription subscribe(SubscribeRequest request, Runnable signal) {
        beginToSweep();
        LogId log = adapter.logOf(request.orgId());
        HubSubscription subscription;
        do {
            subscription = feed(log).add(request, MAILBOX_BYTES, signal);
        } while (subscription == null);
        return subscription;
    }

    /** Delivers copies of events that the log does not have yet. Whoever gets none hears from the log, later. */
    public void provisional(List<Envelope> envelopes) {
        envelopes.forEach(
                envelope -> guard(() -> heard(adapter.logOf(envelope.orgId()), feed -> feed.provisional(envelope))));
    }

    /** The head of an organisation's log, read now. */
    public CompletableFuture<Position> head(String orgId) {
        try {
            return CompletableFuture.supplyAsync(() -> adapter.range(orgId).head(), replays);
        } catch (RejectedExecutionException closed) {
            return CompletableFuture.failedFuture(
                    new TransportUnavailableException("the front door is closed", closed));
        }
    }

    /** Something went wrong on the way out, and was survived. */
    public void failed(Throwable failure) {
        supervisor.failed(PART, failure);
    }

    /** Runs something a little later, once; not at all after close. */
    public void later(Runnable action) {
        later(action, RETRY);
    }

    /** The same after this pause. */
    public void later(Runnable action, Duration pause) {
        try {
            retries.later(pause, action);
        } catch (RejectedExecutionException closed) {
            LOG.debug("closed, so nothing is tried again");
        }
    }

    public PubSub.Stats stats(long published, int queued) {
        AtomicInteger open = new AtomicInteger();
        LongAdder waiting = new LongAdder();
        feeds.values()
                .forEach(feed -> feed.forEach(subscription -> {
                    open.incrementAndGet();
                    waiting.add(subscription.waitingBytes());
                }));
        return new PubSub.Stats(
                published,
                delivered.sum(),
                gaps.sum(),
                conflated.sum(),
                recoveries.sum(),
                open.get(),
                waiting.sum(),
                queued);
    }

    public List<Measure> measures() {
        return List.of(
                Measure.gauge(
                        "realtime.replay.pages.bytes",
                        "Held by streams that replay: pages of the log, and frames of them",
                        room::bytes),
                Measure.gauge(
                        "realtime.replay.pages.awaited", "Streams whose next page waits for room", room::waiting));
    }

    /** Gives every subscription its last delivery, and later ones at once. */
    public void endSubscriptions() {
        ended = true;
        feeds.values().forEach(LogFeed::endAll);
    }

    public void close() {
        replays.close();
        retries.close();
    }

    @Override
    public void started(LogId log, Position through) {
        pages.forget();
        heard(log, feed -> feed.started(through));
    }

    @Override
    public void deliver(LogId log, List<LogEntry> entries, Position through) {
        heard(log, feed -> feed.deliver(entries, through));
    }

    @Override
    public void gap(LogId log, LogPage.Gap gap) {
        pages.forget();
        heard(log, feed -> feed.gap(gap));
    }

    @Override
    public void status(TransportStatus status) {
        TransportStatus.State before = state;
        TransportStatus.State now = status.state();
        boolean flowsAgain = now.flows() && !before.flows();
        boolean told = false;
        try {
            pages.forget();
            state = now;
            if (now == TransportStatus.State.DOWN) {
                feeds.values().forEach(feed -> guard(feed::openAllBlind));
            } else if (flowsAgain) {
                flowsAgain(before);
            }
            told = true;
        } finally {
            state = told ? now : before; // the adapter may tell it again
        }
    }

    private void flowsAgain(TransportStatus.State before) {
        if (before == TransportStatus.State.DOWN) {
            recoveries.increment();
        }
        feeds.values().forEach(feed -> guard(feed::unpark));
        if (!supervisor.guard(PART, flowing)) {
            later(flowing);
        }
    }

    private void guard(Runnable step) {
        supervisor.guard(PART, step);
    }

    private void beginToSweep() {
        if (!sweeping.compareAndSet(false, true)) {
            return;
        }
        boolean begun = false;
        try {
            retries.every(SWEEP, this::sweep);
            begun = true;
        } catch (RejectedExecutionException closed) {
            LOG.debug("closed, so nothing is swept");
        } finally {
            sweeping.set(begun);
        }
    }

    /** Lets go of replayed pages that nobody reads any more, and has replays go on that something kept from it. */
    private void sweep() {
        pages.forgetOld();
        feeds.values().forEach(feed -> guard(feed::sweep));
    }

    /** A log that is followed on demand and that nobody listens to is of no interest. */
    private void heard(LogId log, Consumer<LogFeed> action) {
        LogFeed feed = adapter instanceof FollowsOrganisations ? feeds.get(log) : feed(log);
        if (feed != null) {
            action.accept(feed);
        }
    }

    private LogFeed feed(LogId log) {
        return feeds.computeIfAbsent(log, id -> new LogFeed(new ReplayDesk(id)));
    }

    /** What the feeds' subscriptions do outside the fan-out. */
    private final class ReplayDesk implements LogFeed.Desk {
        private final LogId log;

        private ReplayDesk(LogId log) {
            this.log = log;
        }

        @Override
        public void replay(HubSubscription subscription) {
            subscription.queued(true);
            boolean asked = false;
            try {
                replays.execute(() -> asked(subscription));
                asked = true;
            } catch (RejectedExecutionException closed) {
                LOG.debug("closed, so nothing is replayed");
            } finally {
                if (!asked) {
                    subscription.queued(false);
                }
            }
        }

        @Override
        public void follow(String orgId) {
            if (adapter instanceof FollowsOrganisations follower) {
                follower.follow(orgId);
            }
        }

        @Override
        public void unfollow(String orgId) {
            if (adapter instanceof FollowsOrganisations follower) {
                follower.unfollow(orgId);
            }
        }

        @Override
        public boolean followsOnDemand() {
            return adapter instanceof FollowsOrganisations;
        }

        @Override
        public void logChanged() {
            pages.forget();
        }

        @Override
        public boolean transportIsDown() {
            return state == TransportStatus.State.DOWN;
        }

        @Override
        public boolean ended() {
            return ended;
        }

        @Override
        public void forget(LogFeed feed) {
            feeds.remove(log, feed);
        }

        @Override
        public void failed(Throwable failure) {
            supervisor.failed(PART, failure);
        }

        @Override
        public void left(HubSubscription subscription) {
            guard(() -> room.letGo(subscription));
        }

        @Override
        public void countOpen(int subscriptions) {
            openSubscriptions.addAndGet(subscriptions);
        }

        @Override
        public long drawnRefetch() {
            long spread = Math.min(
                    LONGEST_REFETCH_MILLIS,
                    Math.max(SHORTEST_REFETCH_MILLIS, openSubscriptions.get() * REFETCH_MILLIS_EACH));
            return ThreadLocalRandom.current().nextLong(1, spread + 1);
        }

        @Override
        public void count(int deliveredEvents, int toldGaps) {
            delivered.add(deliveredEvents);
            gaps.add(toldGaps);
        }

        @Override
        public void countConflated(int pings) {
            conflated.add(pings);
        }

        /** Or the sweep would take it for one that somebody is on the way to. */
        private void asked(HubSubscription subscription) {
            boolean begun = false;
            try {
                subscription.queued(false);
                begun = true;
                nextPage(subscription);
            } finally {
                if (!begun) {
                    subscription.queued(false);
                }
            }
        }

        private void nextPage(HubSubscription subscription) {
            SubscribeRequest request = subscription.request();
            LogFeed feed = subscription.feed();
            Position after;
            boolean malformed;
            synchronized (feed) {
                malformed = subscription.isMalformed();
                after = subscription.nextPageAfter(); // last: from here on somebody reads for it
            }
            if (after == null) {
                return;
            }
            try {
                room.asks(subscription, subscription.waitingBytes());
                boolean goesOn;
                if (malformed) {
                    LogRange range = adapter.range(request.orgId());
                    synchronized (feed) {
                        goesOn = subscription.malformed(range);
                    }
                } else {
                    ReplayPages.Page page = pages.read(request.orgId(), after, room.admits(request.orgId()));
                    if (page == null) {
                        awaitRoom(subscription);
                        return;
                    }
                    goesOn = taken(subscription, page);
                }
                if (goesOn) {
                    replay(subscription);
                } else {
                    later(() -> replay(subscription));
                }
            } catch (TransportUnavailableException e) {
                readLater(subscription);
            } catch (RuntimeException | Error e) {
                failed(e);
                boolean again;
                synchronized (feed) {
                    again = subscription.pageFailed();
                }
                if (again) {
                    later(() -> replay(subscription));
                }
            }
        }

        private void awaitRoom(HubSubscription subscription) {
            synchronized (subscription.feed()) {
                subscription.pageWaits();
            }
            room.asks(subscription, subscription.waitingBytes()); // what it has handed on makes room for others
            if (!room.await(subscription)) {
                replay(subscription);
            }
        }

        /** It holds the page until it asks for the next one, is live or is closed. */
        private boolean taken(HubSubscription subscription, ReplayPages.Page page) {
            List<Received> matching = page.eventsFor(subscription.request());
            room.hold(subscription, page.sheet());
            boolean holds = false;
            try {
                synchronized (subscription.feed()) {
                    boolean goesOn = subscription.page(page.answer(), matching);
                    holds = subscription.isReplaying();
                    return goesOn;
                }
            } finally {
                if (!holds) {
                    room.letGo(subscription);
                }
            }
        }

        private void readLater(HubSubscription subscription) {
            LogFeed feed = subscription.feed();
            feed.park(subscription);
            if (flows()) {
                later(feed::unpark);
            }
        }
    }
}
