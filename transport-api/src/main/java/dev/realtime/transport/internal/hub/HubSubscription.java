package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Cursor;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Gap;
import dev.realtime.transport.Delivery.Live;
import dev.realtime.transport.Delivery.Opened;
import dev.realtime.transport.Delivery.Reached;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.Position;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
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

    private final SubscribeRequest request;
    private final LogFeed feed;
    private final Mailbox mailbox;
    private final long bufferLimit;

    // guarded by the feed's lock
    private Stage stage = Stage.WAITING;
    private @Nullable Handover handover;
    private boolean opened;
    private final long joinedAt;

    HubSubscription(SubscribeRequest request, LogFeed feed, long joinedAt, long mailboxBytes, Runnable signal) {
        this.request = request;
        this.feed = feed;
        this.joinedAt = joinedAt;
        this.bufferLimit = mailboxBytes / 2;
        this.mailbox = new Mailbox(mailboxBytes, signal, () -> feed.replay(this));
    }

    SubscribeRequest request() {
        return request;
    }

    /** The feed's lock. The feed is at this position: take part from here. */
    void attach(Position through) {
        if (stage == Stage.BLIND) {
            handover = Handover.live(through);
            GapReason reason = request.cursor() == null ? GapReason.EPOCH_CHANGED : GapReason.MALFORMED;
            tell(new Gap(reason, request.cursor(), null, through));
            goLive();
            return;
        }
        String cursor = request.cursor();
        if (cursor == null) {
            handover = Handover.live(through);
            open(through, false);
            goLive();
            return;
        }
        Position after = Cursor.parse(cursor).orElse(null);
        // A malformed cursor replays from the head, once replay has found out where that is.
        handover = Handover.replaying(after != null ? after : through, through, bufferLimit);
        stage = Stage.REPLAYING;
        feed.replay(this);
    }

    /** The feed's lock. The transport was never reached: let the subscriber in without a position. */
    void openBlind() {
        if (stage == Stage.WAITING) {
            String cursor = request.cursor();
            Position after = cursor == null ? null : Cursor.parse(cursor).orElse(null);
            if (cursor == null || after == null) {
                open(null, false);
                stage = Stage.BLIND;
            } else {
                openResumed(after);
            }
        }
    }

    /** The feed's lock. The log cannot be read now: let the subscriber in where it left off. */
    void openUnread() {
        if (stage == Stage.READING && handover != null) {
            stage = Stage.REPLAYING;
            openResumed(handover.reached());
        }
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
        stage = Stage.READING;
        return handover.reached();
    }

    /** The feed's lock. Whether its cursor is no position at all, which has to be told before anything else. */
    boolean isMalformed() {
        String cursor = request.cursor();
        return !opened && cursor != null && Cursor.parse(cursor).isEmpty();
    }

    /** The feed's lock. The cursor was malformed; this is what the log holds. */
    void malformed(LogRange range) {
        page(new LogPage.Hole(GapReason.MALFORMED, range), List.of());
    }

    /** The feed's lock. What a read after {@link #nextPageAfter} answered, with only the entries that match. */
    void page(LogPage page, List<Received> matching) {
        Handover current = handover;
        if (stage != Stage.READING || current == null) {
            return;
        }
        stage = Stage.REPLAYING;
        if (page instanceof LogPage.Hole hole) {
            tell(gap(hole, opened ? current.reached() : null));
            current.skipTo(hole.resumesAt());
            if (!opened) {
                open(hole.resumesAt(), false);
            }
        } else if (page instanceof LogPage.Entries entries) {
            openResumed(current.reached());
            mailbox.put(seen(current.page(matching, entries.through())));
        }
        // Live events may overflow the mailbox, so the switch waits until the replayed ones have left it half free.
        if (current.meetsLive() && mailbox.hasRoom()) {
            mailbox.put(seen(current.goLive()));
            goLive();
        }
    }

    /** The feed's lock. Live events that match, the audience not yet looked at. Returns how many it got. */
    int live(List<Received> events, Position through) {
        Handover current = handover;
        if (current == null) {
            return 0;
        }
        List<Received> released = current.live(forMe(events), through);
        if (released.isEmpty()) {
            return 0;
        }
        if (!mailbox.offer(seen(released), through)) {
            feed.countGap();
        }
        return released.size();
    }

    /** The feed's lock. Something is lost between what the feed has delivered and where it goes on. */
    void liveHole(LogPage.Hole hole, Position delivered) {
        Handover current = handover;
        if (current == null) {
            return;
        }
        Position before = further(delivered, current.reached());
        current.liveJumped(hole.resumesAt());
        if (stage == Stage.LIVE) {
            tell(gap(hole, before));
        }
    }

    /** The feed's lock. Copies delivered here before the log has them. */
    void provisional(List<Received> copies) {
        if (opened && stage != Stage.CLOSED && !mailbox.offer(forMe(copies), null)) {
            feed.countGap();
        }
    }

    /** The feed's lock. Puts in a mark; false without a position. */
    boolean markHere(@Nullable Position through) {
        Handover current = handover;
        if (current == null || !opened) {
            return false;
        }
        Position reached = current.reached();
        mailbox.put(List.of(new Reached(stage == Stage.LIVE && through != null ? further(through, reached) : reached)));
        return true;
    }

    /** The feed's lock. The front door was closed: the last delivery. */
    void end() {
        mailbox.put(List.of(new Delivery.Ended()));
        stage = Stage.CLOSED;
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
        mailbox.put(List.of(new Live()));
        stage = Stage.LIVE;
    }

    private void tell(Gap gap) {
        feed.countGap();
        mailbox.put(List.of(gap));
    }

    private void openResumed(Position at) {
        if (!opened) {
            open(at, true);
        }
    }

    private void open(@Nullable Position start, boolean resumed) {
        opened = true;
        mailbox.put(List.of(new Opened(start, resumed)));
    }

    private List<Received> forMe(List<Received> events) {
        for (Received event : events) {
            if (!event.envelope().isFor(request.userId())) {
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
                    position != null && feed.seenProvisionally(joinedAt, event.envelope())
                            ? new Reached(position)
                            : event);
        }
        return unseen;
    }

    /** A hole as it is told: after what was reached, or else after the cursor as it was given. */
    private Gap gap(LogPage.Hole hole, @Nullable Position reached) {
        String requested = reached == null ? request.cursor() : reached.cursor();
        return new Gap(
                hole.reason(), requested, hole.range().floor(), hole.range().head());
    }

    private static Position further(Position a, Position b) {
        return a.offset() >= b.offset() ? a : b;
    }

    /** An entry as it is delivered. */
    static Received received(LogEntry entry) {
        return new Received(entry.envelope(), entry.position(), entry.loggedAtMicros());
    }
}
