package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Gap;
import dev.realtime.transport.Delivery.Live;
import dev.realtime.transport.Delivery.Opened;
import dev.realtime.transport.Delivery.Reached;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.hub.Mailbox.Offer;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber's way through the {@link Handover} into its {@link Mailbox}. Whatever is said of "the feed's lock"
 * is called with it held; {@link #poll} and {@link #close} may be called from anywhere.
 *
 * <pre>
 * WAITING ──attach──▶ REPLAYING ⇄ READING ──▶ LIVE   WAITING: the feed has not started; READING: a page is on its way
 *    └──openBlind──▶ BLIND ──attach (gap)──▶ LIVE     BLIND: opened while the transport was never reached
 * LIVE ──rejoin, lagging──▶ REPLAYING   any ──end, closed──▶ CLOSED
 * </pre>
 */
final class HubSubscription implements Subscription {
    /** Where it is. */
    private enum Stage {
        WAITING,
        BLIND,
        REPLAYING,
        READING,
        LIVE,
        CLOSED
    }

    /** After so many failures that nothing explains it ends: its client may do better elsewhere. */
    private static final int MAX_FAILED_READS = 5;

    private final SubscribeRequest request;
    private final LogFeed feed;
    private final Mailbox mailbox;
    private final long bufferLimit;

    // guarded by the feed's lock
    private Stage stage = Stage.WAITING;
    private @Nullable Handover handover;
    private boolean opened;
    private boolean toldLive;
    /** In turn, without one that went well. */
    private int failedReads;
    /** The page on its way was read before the live stream jumped or the epoch changed: it may be the old log's. */
    private boolean pageIsStale;
    /** It is given the provisional copies after this one … */
    private long copiesAfter = Long.MAX_VALUE;
    /** … and before this one, which found its mailbox full: from there on it hears from the log only. */
    private long copiesBefore = Long.MAX_VALUE;

    // any thread
    private volatile boolean queued;

    HubSubscription(SubscribeRequest request, LogFeed feed, long mailboxBytes, Runnable signal) {
        this.request = request;
        this.feed = feed;
        this.bufferLimit = mailboxBytes / 2;
        this.mailbox = new Mailbox(mailboxBytes, signal, () -> feed.replay(this));
    }

    SubscribeRequest request() {
        return request;
    }

    LogFeed feed() {
        return feed;
    }

    /** The feed's lock. The feed is at this position: take part from here. */
    void attach(Position through) {
        if (stage == Stage.BLIND) {
            handover = Handover.live(through, bufferLimit);
            GapReason reason = request.cursor() == null ? GapReason.EPOCH_CHANGED : GapReason.MALFORMED;
            tell(new Gap(reason, request.cursor(), null, through, feed.drawnRefetch()));
            goLive();
            return;
        }
        String cursor = request.cursor();
        if (cursor == null) {
            handover = Handover.live(through, bufferLimit);
            open(through, false);
            goLive();
            return;
        }
        Position after = Position.parse(cursor).orElse(null);
        // A malformed cursor replays from the head, once replay has found out where that is.
        handover = Handover.replaying(after != null ? after : through, through, bufferLimit);
        stage = Stage.REPLAYING;
        feed.replay(this);
    }

    /** The feed's lock. The feed was left after {@code heard} and begins again: what it missed is replayed. */
    void rejoin(Position heard, Position through) {
        Handover current = handover;
        if (current == null) {
            attach(through);
            return;
        }
        current.rejoin(heard, through);
        if (stage == Stage.LIVE) {
            stage = Stage.REPLAYING;
            feed.replay(this);
        }
    }

    /** The feed's lock. The transport was never reached: let the subscriber in without a position. */
    void openBlind() {
        if (stage == Stage.WAITING) {
            String cursor = request.cursor();
            Position after = cursor == null ? null : Position.parse(cursor).orElse(null);
            if (cursor == null || after == null) {
                open(null, false);
                stage = Stage.BLIND;
            } else {
                openResumed(after);
            }
        }
    }

    /** The feed's lock. The log cannot be read now: let the subscriber in where it left off. False if it has gone. */
    boolean openUnread() {
        Handover current = handover;
        if (stage != Stage.READING || current == null) {
            return false;
        }
        stage = Stage.REPLAYING;
        if (isMalformed()) {
            tell(new Gap(GapReason.MALFORMED, request.cursor(), null, current.reached()));
            open(current.reached(), false);
        } else {
            openResumed(current.reached());
        }
        return true;
    }

    /**
     * The feed's lock. Where the next page begins, or null if none is wanted now. Whoever gets a position answers
     * with {@link #page}, {@link #malformed} or {@link #openUnread}.
     */
    @Nullable
    Position nextPageAfter() {
        if (stage != Stage.REPLAYING || handover == null || !mailbox.hasRoom()) {
            return null;
        }
        Position after = handover.reached();
        stage = Stage.READING; // last: whoever gets no position answers nothing
        pageIsStale = false;
        return after;
    }

    /** The feed's lock. Whether its cursor is no position at all, which has to be told before anything else. */
    boolean isMalformed() {
        String cursor = request.cursor();
        return !opened && cursor != null && Position.parse(cursor).isEmpty();
    }

    /** The feed's lock. The cursor was malformed; this is what the log holds. Returns as {@link #page}. */
    boolean malformed(LogRange range) {
        return page(new LogPage.Gap(GapReason.MALFORMED, range), List.of());
    }

    /**
     * The feed's lock. What a read after {@link #nextPageAfter} answered, with only the entries that match.
     *
     * @return whether the next page may be asked for at once; false if this one brought it nowhere
     */
    boolean page(LogPage page, List<Received> matching) {
        Handover current = handover;
        if (stage != Stage.READING || current == null) {
            return true;
        }
        stage = Stage.REPLAYING;
        if (pageIsStale) {
            return true;
        }
        if (feed.hasLeft(epochOf(page))) {
            return false;
        }
        Position before = current.reached();
        Position taken = before;
        try {
            if (page instanceof LogPage.Gap gap) {
                tell(gap(gap, opened ? current.reached() : null));
                current.skipTo(gap.resumesAt());
                taken = current.reached();
                if (!opened) {
                    open(gap.resumesAt(), false);
                }
            } else if (page instanceof LogPage.Entries entries) {
                openResumed(current.reached());
                replayed(current.page(matching, entries.through()));
                taken = current.reached();
            }
            // Live events may overflow the mailbox, so the switch waits until the replayed ones have left it half free.
            if (current.meetsLive() && mailbox.hasRoom()) {
                replayed(current.goLive());
                taken = current.reached();
                goLive();
                if (stage == Stage.LIVE) {
                    feed.liveAt(this, current.reached());
                }
            }
        } catch (RuntimeException | Error e) {
            current.pageNotTaken(taken);
            stage = stage == Stage.CLOSED ? stage : Stage.REPLAYING;
            throw e;
        }
        failedReads = 0;
        return stage == Stage.LIVE || !current.reached().equals(before);
    }

    /** The feed's lock. There is no room yet for the page that was asked for. It asks again when it has handed on all. */
    void pageWaits() {
        if (stage == Stage.READING) {
            stage = Stage.REPLAYING;
            mailbox.callWhenEmpty();
        }
    }

    /** The feed's lock. Whether it is not live yet, and not closed. */
    boolean isReplaying() {
        return stage == Stage.REPLAYING || stage == Stage.READING;
    }

    /** The feed's lock. A page could not be read or taken, for no reason that will pass. Whether it is tried again. */
    boolean pageFailed() {
        if (stage == Stage.READING) {
            stage = Stage.REPLAYING;
        }
        if (++failedReads < MAX_FAILED_READS) {
            return true;
        }
        fail();
        return false;
    }

    /** The feed's lock. It cannot go on: after what it has, it ends, and its client comes back by its cursor. */
    void fail() {
        closed();
        mailbox.end();
    }

    /** Whether its next page is waited for and nobody is on the way to read it. */
    boolean isStranded() {
        return stage == Stage.REPLAYING && !queued && mailbox.hasRoom();
    }

    /** Signals its consumer again if that failed. */
    void nudge() {
        mailbox.nudge();
    }

    /** There is room for its next page. */
    void replayAgain() {
        feed.replay(this);
    }

    /** A read of its next page has been asked for, or is not any more. */
    void queued(boolean now) {
        queued = now;
    }

    /**
     * The feed's lock. Live events that match, the audience not yet looked at. Returns how many it got.
     *
     * @param delivered where the feed was before them
     * @param copied whether there were provisional copies of any
     */
    int live(List<Received> events, Position delivered, Position through, boolean copied) {
        Handover current = handover;
        if (current == null || stage == Stage.CLOSED) {
            return 0;
        }
        // Not only what it got counts as taken: of what does not match, nothing is left to read.
        Position before = further(delivered, current.reached());
        try {
            return take(current, events, before, through, copied);
        } catch (RuntimeException | Error e) {
            notTaken(current, before, through);
            feed.failed(e);
            return 0;
        }
    }

    /**
     * The feed's lock. A delivery was broken off, and whether this one had its part of it is not known: what it does not
     * have yet is replayed.
     */
    void missed(Position delivered, Position through) {
        Handover current = handover;
        if (current != null && stage != Stage.CLOSED) {
            notTaken(current, further(delivered, current.reached()), through);
        }
    }

    /** The feed's sweep has it replayed. */
    private void notTaken(Handover current, Position before, Position through) {
        current.notTaken(before, through);
        stage = stage == Stage.LIVE ? Stage.REPLAYING : stage;
    }

    private int take(Handover current, List<Received> events, Position before, Position through, boolean copied) {
        List<Received> released = current.live(forMe(events), through);
        if (released.isEmpty()) {
            return 0;
        }
        Offer offer = mailbox.offer(copied ? seen(released) : released, through);
        if (offer == Offer.LAGGING) {
            current.fallBehind(before, through);
            stage = Stage.REPLAYING;
            feed.replay(this);
            return 0;
        }
        count(() -> feed.countConflated(mailbox.takeConflated()));
        if (offer == Offer.OVERFLOWED) {
            count(feed::countGap);
        }
        return released.size();
    }

    /** What waits in the mailbox has been given: to count it may fail, and must not have it given again. */
    private void count(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            feed.failed(e);
        }
    }

    /** The feed's lock. Something is lost between what the feed has delivered and where it goes on. */
    void liveGap(LogPage.Gap gap, Position delivered) {
        Handover current = handover;
        if (current == null) {
            return;
        }
        Position before = further(delivered, current.reached());
        current.liveJumped(gap.resumesAt());
        pageIsStale = true;
        if (stage == Stage.LIVE) {
            tell(gap(gap, before));
        }
    }

    /** The feed's lock. The log has another epoch: a page on its way may not be this log's. */
    void logChanged() {
        pageIsStale = true;
    }

    /**
     * The feed's lock. It has read further than the feed was; the feed's next entries tell whether that was this log.
     * If it was not, there is a gap after what was read, and it goes on where the feed was.
     *
     * @return false if these entries do not come that far
     */
    boolean isProved(List<LogEntry> entries, Position before, Position upTo) {
        Handover current = handover;
        if (current == null || stage != Stage.LIVE) {
            return true; // the next page proves it
        }
        Position reached = current.reached();
        if (upTo.offset() < reached.offset()) {
            if (upTo.epoch().equals(reached.epoch())) {
                return false;
            }
            rejoin(before, before);
        } else if (!holds(entries, reached)) {
            Position from = new Position(upTo.epoch(), before.offset(), before.check());
            current.liveJumped(from);
            tell(new Gap(GapReason.EPOCH_CHANGED, reached.cursor(), null, from, feed.drawnRefetch()));
        }
        return true;
    }

    /** The feed's lock. Copies delivered here before the log has them. */
    void provisional(List<Received> copies, long number) {
        if (number <= copiesAfter || number >= copiesBefore) {
            return;
        }
        long until = copiesBefore;
        copiesBefore = number; // unless it fits
        if (mailbox.offerCopies(forMe(copies))) {
            copiesBefore = until;
        }
    }

    /** The feed's lock. Puts in a mark; false without a position. */
    boolean markHere(@Nullable Position through) {
        Handover current = handover;
        if (current == null || !opened || stage == Stage.CLOSED) {
            return false;
        }
        Position reached = current.reached();
        mailbox.put(List.of(new Reached(stage == Stage.LIVE && through != null ? further(through, reached) : reached)));
        return true;
    }

    /** The feed's lock. The front door was closed: the last delivery. */
    void end() {
        fail();
    }

    /** The feed's lock. Nobody polls it any more: nothing more is read for it. */
    void closed() {
        stage = Stage.CLOSED;
        copiesBefore = 0;
    }

    @Override
    public @Nullable Delivery poll() {
        return mailbox.poll();
    }

    @Override
    public boolean mark() {
        return feed.mark(this);
    }

    @Override
    public long waitingBytes() {
        return mailbox.bytes();
    }

    @Override
    public void close() {
        mailbox.close();
        feed.remove(this);
    }

    private void goLive() {
        if (!toldLive) {
            mailbox.put(List.of(new Live()));
            toldLive = true;
        }
        stage = stage == Stage.CLOSED ? stage : Stage.LIVE; // a signal may have closed it
    }

    private void replayed(List<Received> events) {
        mailbox.put(seen(events));
        count(() -> feed.countDelivered(events.size()));
    }

    private void tell(Gap gap) {
        mailbox.put(List.of(gap));
        count(feed::countGap);
    }

    private void openResumed(Position at) {
        if (!opened) {
            open(at, true);
        }
    }

    private void open(@Nullable Position start, boolean resumed) {
        mailbox.put(List.of(new Opened(start, resumed)));
        opened = true;
        copiesAfter = feed.provisionalCopies();
    }

    private List<Received> forMe(List<Received> events) {
        for (int i = 0; i < events.size(); i++) {
            if (!events.get(i).envelope().isFor(request.userId())) {
                return events.stream()
                        .filter(candidate -> candidate.envelope().isFor(request.userId()))
                        .toList();
            }
        }
        return events;
    }

    /** What it already saw provisionally comes as a mark: the cursor moves on, the event is not repeated. */
    private List<? extends Delivery> seen(List<Received> events) {
        if (feed.noneProvisional()) {
            return events;
        }
        List<Delivery> unseen = new ArrayList<>(events.size());
        for (Received event : events) {
            Position position = event.position();
            unseen.add(
                    position != null && feed.seenProvisionally(event.envelope(), copiesAfter, copiesBefore)
                            ? new Reached(position)
                            : event);
        }
        return unseen;
    }

    /** A gap as it is told: after what was reached, or else after the cursor as it was given. */
    private Gap gap(LogPage.Gap gap, @Nullable Position reached) {
        String requested = reached == null ? request.cursor() : reached.cursor();
        // Who is resuming comes alone; whoever is there already is told together with all the others.
        boolean alone = reached == null || gap.reason() == GapReason.TRIMMED;
        return new Gap(
                gap.reason(), requested, gap.range().floor(), gap.range().head(), alone ? 0 : feed.drawnRefetch());
    }

    private static boolean holds(List<LogEntry> entries, Position position) {
        return entries.stream()
                .map(LogEntry::position)
                .anyMatch(each ->
                        each.offset() == position.offset() && each.check().equals(position.check()));
    }

    private static String epochOf(LogPage page) {
        return page instanceof LogPage.Gap gap
                ? gap.range().head().epoch()
                : ((LogPage.Entries) page).through().epoch();
    }

    private static Position further(Position a, Position b) {
        return a.offset() >= b.offset() ? a : b;
    }

    /** An entry as it is delivered. */
    static Received received(LogEntry entry) {
        return new Received(entry.envelope(), entry.position(), entry.loggedAtMicros());
    }
}
