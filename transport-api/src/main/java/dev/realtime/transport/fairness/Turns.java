package dev.realtime.transport.fairness;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be worked off, of many owners: each owner's items in their order, and the owners by turns, so that of two
 * who both wait each gets the same work done, however much more of one waits (start-time fair queueing: Goyal, Vin and
 * Cheng, SIGCOMM 1996). An item of several owners comes after what each of them had before, and before what each has
 * after. Not thread-safe; its owner's lock guards it.
 */
public final class Turns<T> {
    /** What waits of one owner. */
    private static final class Line<T> {
        private final Deque<Item<T>> items = new ArrayDeque<>();
        private final long number;
        /** The work that it would have had done by now if it had always waited. */
        private long served;

        private Line(long served, long number) {
            this.served = served;
            this.number = number;
        }
    }

    private record Item<T>(T what, List<String> owners, long work, long number) {}

    private final Map<String, Line<T>> lines = new HashMap<>();
    private final NavigableSet<Line<T>> byTurn = new TreeSet<>(
            Comparator.<Line<T>>comparingLong(line -> line.served).thenComparingLong(line -> line.number));
    private long lastNumber;
    private long lastLine;
    private long served;
    private int size;

    /**
     * The last one.
     *
     * @param owners at least one
     * @param work more than nothing, in any unit
     */
    public void add(T what, Set<String> owners, long work) {
        Item<T> item = new Item<>(what, List.copyOf(owners), work, ++lastNumber);
        for (String owner : item.owners()) {
            Line<T> line = lines.get(owner);
            if (line == null) {
                line = new Line<>(served, ++lastLine);
                lines.put(owner, line);
                byTurn.add(line);
            }
            line.items.add(item);
        }
        size++;
    }

    /** Whose turn it is; null if nothing waits. */
    public @Nullable T next() {
        Item<T> next = nextItem();
        return next == null ? null : next.what();
    }

    /** Takes {@link #next} out. */
    public T remove() {
        Item<T> item = nextItem();
        if (item == null) {
            throw new IllegalStateException("nothing waits");
        }
        long work = Math.max(1, item.work() / item.owners().size());
        for (String owner : item.owners()) {
            Line<T> line = line(owner);
            byTurn.remove(line);
            line.items.remove();
            served = Math.max(served, line.served);
            line.served += work;
            if (line.items.isEmpty()) {
                lines.remove(owner);
            } else {
                byTurn.add(line);
            }
        }
        size--;
        return item.what();
    }

    /** Takes out everything, in the order in which it was added. */
    public List<T> removeAll() {
        Map<Long, T> all = new TreeMap<>();
        lines.values().forEach(line -> line.items.forEach(item -> all.put(item.number(), item.what())));
        lines.clear();
        byTurn.clear();
        size = 0;
        return new ArrayList<>(all.values());
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** The oldest of all is the first of each of its owners, so there is always one that may go. */
    private @Nullable Item<T> nextItem() {
        for (Line<T> line : byTurn) {
            Item<T> first = line.items.element();
            if (first.owners().size() == 1 || isFirstEverywhere(first)) {
                return first;
            }
        }
        return null;
    }

    /** Of an owner of whom something waits. */
    private Line<T> line(String owner) {
        return Objects.requireNonNull(lines.get(owner));
    }

    private boolean isFirstEverywhere(Item<T> item) {
        for (String owner : item.owners()) {
            if (line(owner).items.element().number() != item.number()) {
                return false;
            }
        }
        return true;
    }
}
