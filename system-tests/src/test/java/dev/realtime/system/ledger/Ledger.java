package dev.realtime.system.ledger;

import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One organisation's account, and the judge of every fault: what was committed, against what a subscriber was told.
 * Right is: each event once, with one cursor for all; in the log's order, which respects real time (what was
 * committed before another publication began comes first) and the order within a transaction; nothing that was rolled
 * back and nothing of somebody else; or a gap that covers what is missing. A provisional copy counts as the event,
 * outside the order. A resource ping superseded by a later one that was delivered counts as delivered. Thread-safe.
 */
public final class Ledger {
    private static final int FAULTS_SHOWN = 10;

    /** What became of a publication. DOUBTFUL: nobody knows. LOST: the database had it, and has forgotten it. */
    enum Fate {
        OPEN,
        COMMITTED,
        UNDONE,
        DOUBTFUL,
        LOST
    }

    /** One publication of one event; guarded by the ledger. */
    static final class Entry {
        final String id;
        final String ping;
        private final Transaction transaction;
        /** Moments on the ledger's clock; 0 if nobody noted when it began. */
        private final long begun;

        private long ended;
        Fate fate = Fate.OPEN;
        String cursor;

        private Entry(String id, String ping, Transaction transaction, long begun) {
            this.id = id;
            this.ping = ping;
            this.transaction = transaction;
            this.begun = begun;
        }

        @Override
        public String toString() {
            return cursor == null ? id : id + " at " + cursor;
        }
    }

    private final String organisation;

    // guarded by this
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long clock;

    public Ledger(String organisation) {
        this.organisation = organisation;
    }

    String organisation() {
        return organisation;
    }

    /** Events that are committed together, or not at all. One thread. */
    public final class Transaction {
        private final List<Entry> mine = new ArrayList<>();

        /** To be called before the publication of this event begins. */
        public Transaction publishes(String id) {
            return publishes(id, null);
        }

        /**
         * It publishes a resource ping.
         *
         * @param ping what a resource ping is about, the same for all that supersede each other
         */
        public Transaction publishes(String id, String ping) {
            synchronized (Ledger.this) {
                mine.add(new Entry(id, ping, this, ++clock));
                entries.put(id, mine.get(mine.size() - 1));
            }
            return this;
        }

        /** This one failed, or was rolled back to a savepoint. */
        void undone(String id) {
            synchronized (Ledger.this) {
                entries.get(id).fate = Fate.UNDONE;
            }
        }

        /** To be called after the commit. */
        public void committed() {
            end(Fate.COMMITTED);
        }

        public void committed(List<Acknowledged> acknowledged) {
            end(Fate.COMMITTED);
            Ledger.this.committed(acknowledged);
        }

        public void rolledBack() {
            end(Fate.UNDONE);
        }

        /** Whether it was committed is unknown, or whether its commit lasts. */
        public void doubtful() {
            end(Fate.DOUBTFUL);
            synchronized (Ledger.this) {
                mine.stream()
                        .filter(entry -> entry.fate == Fate.COMMITTED && entry.cursor == null)
                        .forEach(entry -> entry.fate = Fate.DOUBTFUL);
            }
        }

        private void end(Fate fate) {
            synchronized (Ledger.this) {
                clock++;
                mine.stream().filter(entry -> entry.fate == Fate.OPEN).forEach(entry -> {
                    entry.fate = fate;
                    entry.ended = clock;
                });
            }
        }
    }

    public Transaction begin() {
        return new Transaction();
    }

    /** Notes what was committed. The same event again must have the same cursor. */
    public synchronized void committed(List<Acknowledged> events) {
        for (Acknowledged event : events) {
            Entry entry = entries.computeIfAbsent(event.id(), id -> new Entry(id, null, new Transaction(), 0));
            entry.ended = entry.fate == Fate.OPEN ? ++clock : entry.ended;
            entry.fate = Fate.COMMITTED;
            if (entry.cursor != null && !entry.cursor.equals(event.cursor())) {
                throw new AssertionError("committed twice: " + event + ", before at " + entry.cursor);
            }
            entry.cursor = event.cursor();
        }
    }

    /** The database has forgotten these. */
    public synchronized void lost(Iterable<String> ids) {
        ids.forEach(id -> entries.get(id).fate = Fate.LOST);
    }

    /** How many are committed. */
    public synchronized int size() {
        return (int) entries.values().stream()
                .filter(entry -> entry.fate == Fate.COMMITTED)
                .count();
    }

    /** The committed ids whose cursor is known, in the log's order. */
    public synchronized List<String> ids() {
        return located().stream().map(entry -> entry.id).toList();
    }

    /** Null if nobody has been told of it. */
    public synchronized String cursorOf(String id) {
        return entries.get(id).cursor;
    }

    /** The committed ids, in the order in which their publications began. */
    synchronized List<String> committedIds() {
        return entries.values().stream()
                .filter(entry -> entry.fate == Fate.COMMITTED)
                .map(entry -> entry.id)
                .toList();
    }

    /** Fails unless each subscriber got all of this account since its stream opened, and nothing else. */
    public void requireWhole(Subscriber... subscribers) {
        // All are looked at before one is judged: what one was told holds for the others.
        for (Subscriber subscriber : subscribers) {
            faults(subscriber.told());
        }
        for (Subscriber subscriber : subscribers) {
            List<String> faults = faults(subscriber.told());
            if (!faults.isEmpty()) {
                throw new AssertionError(faults.size() + " faults, such as\n"
                        + String.join("\n", faults.subList(0, Math.min(FAULTS_SHOWN, faults.size()))));
            }
        }
    }

    /** What is wrong with what a subscriber was told, one line each. */
    public synchronized List<String> faults(List<Told> told) {
        List<String> faults = new ArrayList<>();
        told.forEach(each -> locate(each, faults));
        List<Entry> located = located();
        for (int i = 1; i < located.size(); i++) {
            if (offset(located.get(i)) == offset(located.get(i - 1))) {
                faults.add("one offset for two: " + located.get(i - 1) + " and " + located.get(i));
            }
        }
        timeFaults(located, faults);
        faults.addAll(new Walk(organisation, Map.copyOf(entries), located).faults(told));
        return faults;
    }

    /** What one subscriber was told of an event holds for all: its cursor, and that it is committed. */
    private void locate(Told told, List<String> faults) {
        if (told instanceof Told.Event event && !event.provisional()) {
            Entry entry = entries.get(event.id());
            if (event.cursor() == null) {
                faults.add("without a cursor: " + event);
            } else if (entry != null && entry.cursor == null) {
                entry.cursor = event.cursor();
                if (entry.fate == Fate.DOUBTFUL) {
                    entry.fate = Fate.COMMITTED;
                    entry.ended = Long.MAX_VALUE;
                }
            } else if (entry != null && !entry.cursor.equals(event.cursor())) {
                faults.add("another cursor than " + entry.cursor + ": " + event);
            }
        }
    }

    /** Committed before another one began: earlier in the log. Within a transaction: as published. */
    private static void timeFaults(List<Entry> located, List<String> faults) {
        Map<Transaction, Entry> lastOf = new HashMap<>();
        Entry youngest = null;
        for (Entry entry : located) {
            if (youngest != null && entry.begun > 0 && entry.ended < youngest.begun) {
                faults.add("committed before " + youngest + " began, but behind it: " + entry);
            }
            Entry last = lastOf.put(entry.transaction, entry);
            if (last != null && last.begun > entry.begun) {
                faults.add("out of its transaction's order: " + entry + " behind " + last);
            }
            youngest = youngest == null || entry.begun > youngest.begun ? entry : youngest;
        }
    }

    private List<Entry> located() {
        return entries.values().stream()
                .filter(entry -> entry.fate == Fate.COMMITTED && entry.cursor != null)
                .sorted(Comparator.comparingLong(Ledger::offset))
                .toList();
    }

    static long offset(Entry entry) {
        return Told.offset(entry.cursor);
    }

    /** Ids of those among the entries that nobody has seen, and that may be missing nowhere. */
    static List<Entry> unseen(Map<String, Entry> entries, Set<String> seen) {
        return entries.values().stream()
                .filter(entry -> entry.fate == Fate.COMMITTED && entry.cursor == null && !seen.contains(entry.id))
                .toList();
    }
}
