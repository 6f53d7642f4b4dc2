package dev.realtime.system.ledger;

import dev.realtime.system.ledger.Ledger.Entry;
import dev.realtime.system.ledger.Ledger.Fate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** The {@link Ledger}'s way along what one subscriber was told. For one use, one thread. */
final class Walk {
    private final String organisation;
    private final Map<String, Entry> entries;
    private final NavigableMap<Long, Entry> log = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();
    private final List<Entry> missing = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();
    /** Everything up to this offset has been told, or its absence has. */
    private long through = Long.MIN_VALUE;
    /** An event that was told and then lost, until a gap says so. */
    private Told.Event revoked;

    /** @param located the committed ones whose place in the log is known */
    Walk(String organisation, Map<String, Entry> entries, List<Entry> located) {
        this.organisation = organisation;
        this.entries = entries;
        located.forEach(entry -> log.put(Ledger.offset(entry), entry));
    }

    List<String> faults(List<Told> told) {
        told.forEach(this::step);
        reach(Long.MAX_VALUE);
        missing.addAll(Ledger.unseen(entries, seen));
        missing.stream()
                .filter(entry -> !seen.contains(entry.id) && !isSuperseded(entry))
                .forEach(entry -> faults.add("missing: " + entry));
        if (revoked != null) {
            faults.add("lost, and no gap says so: " + revoked);
        }
        return faults;
    }

    private void step(Told told) {
        if (told instanceof Told.Event event) {
            event(event);
        } else if (told instanceof Told.Gap gap) {
            gap(gap);
        } else if (told instanceof Told.Reached reached) {
            reach(Told.offset(reached.cursor()));
        } else if (told instanceof Told.Opened opened && opened.cursor() != null) {
            if (through == Long.MIN_VALUE) {
                through = Told.offset(opened.cursor());
            } else {
                reach(Told.offset(opened.cursor()));
            }
        }
    }

    private void event(Told.Event event) {
        Entry entry = entries.get(event.id());
        if (!event.organisation().equals(organisation)) {
            faults.add("somebody else's: " + event);
        } else if (entry == null || entry.fate == Fate.OPEN || entry.fate == Fate.UNDONE) {
            faults.add("never committed: " + event + (entry == null ? ", unknown" : ", " + entry.fate));
        } else if (!seen.add(event.id())) {
            faults.add("twice: " + event);
        } else if (!event.provisional() && event.cursor() != null) {
            place(event, entry);
        }
    }

    private void place(Told.Event event, Entry entry) {
        long offset = Told.offset(event.cursor());
        if (revoked != null && entry.fate != Fate.LOST) {
            faults.add("goes on behind " + revoked + ", which is lost, without a gap: " + event);
        }
        revoked = entry.fate == Fate.LOST ? event : null;
        if (offset <= through) {
            faults.add("out of order: " + event + ", told through " + through);
            return;
        }
        reach(offset - 1);
        through = offset;
    }

    /** What is missing before the gap begins is not covered by it. */
    private void gap(Told.Gap gap) {
        long resumes = gap.resumesAfter();
        if (gap.beginsAfter() < resumes) {
            reach(gap.beginsAfter());
        }
        boolean sameLog = gap.reason().equals("trimmed") || gap.reason().equals("overflow");
        through = sameLog ? Math.max(through, resumes) : resumes;
        revoked = sameLog ? revoked : null;
    }

    private void reach(long offset) {
        if (offset > through) {
            missing.addAll(log.subMap(through, false, offset, true).values());
            through = offset;
        }
    }

    /** Told only at the end: it is a later delivery that excuses it. */
    private boolean isSuperseded(Entry entry) {
        return entry.ping != null
                && entry.cursor != null
                && log.tailMap(Ledger.offset(entry), false).values().stream()
                        .anyMatch(later -> entry.ping.equals(later.ping) && seen.contains(later.id));
    }
}
