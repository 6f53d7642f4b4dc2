package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.event.Filter;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log for replays: once for all subscribers who are at one place of it at about the same time, however many
 * come back at once. What was read is held for {@link #HELD_NANOS} and within {@link #mostHeld}; a subscriber
 * whose cursor lies inside a held page is given the rest of it, so that all of them soon read the same pages. Events of
 * a page are shared, and so is what is rendered of them. Thread-safe; {@link #read} blocks as the adapter does.
 */
final class ReplayPages {
    /** Long enough for a crowd, and short against anything that becomes of a log. */
    static final long HELD_NANOS = 1_000_000_000L;

    private static final long MOST_HELD_BYTES = 8L << 20;
    /** Of what replays may hold: these pages are held beside it. */
    private static final int PART_OF_ROOM = 8;

    private final Reader log;
    private final LongSupplier nanoTime;
    private final long mostHeld;

    // guarded by this
    private final Map<String, TreeMap<Long, Page>> held = new HashMap<>();
    private final Set<Page> oldestFirst = new LinkedHashSet<>();
    private final Map<Place, CompletableFuture<Page>> underWay = new HashMap<>();
    private long heldBytes;
    /** Grows when what is held may be of a log that is no more. */
    private long generation;

    /** Asks the adapter, on the thread that needs the page. */
    @FunctionalInterface
    interface Reader {
        LogPage read(String orgId, Position after);
    }

    private record Place(String orgId, Position after) {}

    /** What the log answered, to be shared. */
    static final class Page {
        private final Place place;
        private final LogPage answer;
        private final List<Received> events;
        private final boolean forEverybody;
        private final long bytes;
        private final long readAt;
        private final ReplayRoom.Sheet sheet;

        private Page(Place place, LogPage answer, List<Received> events, long readAt, ReplayRoom.@Nullable Sheet of) {
            this.place = place;
            this.answer = answer;
            this.events = events;
            this.forEverybody =
                    events.stream().allMatch(event -> event.envelope().audience() == null);
            this.bytes = events.stream().mapToLong(Received::weight).sum();
            this.readAt = readAt;
            this.sheet = of == null ? new ReplayRoom.Sheet(place.orgId(), bytes) : of;
        }

        LogPage answer() {
            return answer;
        }

        /** What it is a part of, or all of. */
        ReplayRoom.Sheet sheet() {
            return sheet;
        }

        /** Its events that are for this subscriber. */
        List<Received> eventsFor(SubscribeRequest request) {
            boolean all = request.filter().equals(Filter.ALL);
            return all && forEverybody
                    ? events
                    : events.stream()
                            .filter(event -> request.filter().matches(event.envelope())
                                    && event.envelope().isFor(request.userId()))
                            .toList();
        }

        /** The rest of it after one of its events; null if it does not have that, or nothing after it. */
        private @Nullable Page after(Place asked) {
            if (asked.equals(place)) {
                return this;
            }
            if (!(answer instanceof LogPage.Entries entries)) {
                return null;
            }
            for (int i = 0; i < events.size() - 1; i++) {
                if (asked.after().equals(events.get(i).position())) {
                    List<LogEntry> rest = entries.entries().subList(i + 1, events.size());
                    return new Page(
                            asked,
                            new LogPage.Entries(rest, entries.through()),
                            events.subList(i + 1, events.size()),
                            readAt,
                            sheet);
                }
            }
            return null;
        }
    }

    /** @param room what replays may hold together, in bytes */
    ReplayPages(Reader log, LongSupplier nanoTime, long room) {
        this.mostHeld = mostHeld(room);
        this.log = log;
        this.nanoTime = nanoTime;
    }

    /**
     * What an organisation has after a position. Throws what the adapter throws.
     *
     * @param admitted whether the log may be read for it; if not, null unless somebody has that page, or is reading it
     */
    @Nullable
    Page read(String orgId, Position after, boolean admitted) {
        Place place = new Place(orgId, after);
        CompletableFuture<Page> mine = new CompletableFuture<>();
        CompletableFuture<Page> others;
        long begun;
        synchronized (this) {
            forgetOld();
            Page known = known(place);
            if (known != null) {
                return known;
            }
            begun = generation;
            others = admitted ? underWay.putIfAbsent(place, mine) : underWay.get(place);
        }
        if (others != null) {
            return joined(others);
        }
        return admitted ? readNow(place, mine, begun) : null;
    }

    static long mostHeld(long room) {
        return Math.min(MOST_HELD_BYTES, room / PART_OF_ROOM);
    }

    /** What is held may be of a log that is no more, or that has lost its end. */
    synchronized void forget() {
        generation++;
        held.clear();
        oldestFirst.clear();
        underWay.clear();
        heldBytes = 0;
    }

    /** Lets go of what was held long enough. Whether anything is held still. */
    synchronized boolean forgetOld() {
        long now = nanoTime.getAsLong();
        Iterator<Page> pages = oldestFirst.iterator();
        while (pages.hasNext()) {
            Page oldest = pages.next();
            if (now - oldest.readAt < HELD_NANOS && heldBytes <= mostHeld) {
                return true;
            }
            pages.remove();
            heldBytes -= oldest.bytes;
            unlist(oldest);
        }
        return false;
    }

    private Page readNow(Place place, CompletableFuture<Page> mine, long begun) {
        try {
            LogPage answer = log.read(place.orgId(), place.after());
            Page page = new Page(place, answer, received(answer), nanoTime.getAsLong(), null);
            synchronized (this) {
                underWay.remove(place, mine);
                if (generation == begun) {
                    hold(page);
                }
            }
            mine.complete(page);
            return page;
        } catch (RuntimeException | Error e) {
            synchronized (this) {
                underWay.remove(place, mine);
            }
            mine.completeExceptionally(e);
            throw e;
        }
    }

    private static Page joined(CompletableFuture<Page> others) {
        try {
            return others.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private @Nullable Page known(Place place) {
        TreeMap<Long, Page> pages = held.get(place.orgId());
        Map.Entry<Long, Page> nearest =
                pages == null ? null : pages.floorEntry(place.after().offset());
        return nearest == null ? null : nearest.getValue().after(place);
    }

    private void hold(Page page) {
        if (page.bytes > mostHeld / 2 || page.events.isEmpty()) {
            return;
        }
        TreeMap<Long, Page> pages = held.computeIfAbsent(page.place.orgId(), org -> new TreeMap<>());
        Page before = pages.put(page.place.after().offset(), page);
        if (before != null && oldestFirst.remove(before)) {
            heldBytes -= before.bytes;
        }
        oldestFirst.add(page);
        heldBytes += page.bytes;
        forgetOld();
    }

    private void unlist(Page page) {
        held.computeIfPresent(page.place.orgId(), (org, pages) -> {
            pages.remove(page.place.after().offset(), page);
            return pages.isEmpty() ? null : pages;
        });
    }

    private static List<Received> received(LogPage answer) {
        return answer instanceof LogPage.Entries entries
                ? entries.entries().stream().map(HubSubscription::received).toList()
                : List.of();
    }
}
