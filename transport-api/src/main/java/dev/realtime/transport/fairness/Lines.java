package dev.realtime.transport.fairness;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who waits until there is room, a line for each owner, in order. Each waits once, however often it is added. Not
 * thread-safe; its owner's lock guards it.
 */
public final class Lines<T> {
    private final Map<String, Set<T>> lines = new LinkedHashMap<>();

    /** The last one of its owner's line, unless it stands there already. */
    public void add(String owner, T waits) {
        lines.computeIfAbsent(owner, first -> new LinkedHashSet<>()).add(waits);
    }

    /** Whether it stood there. */
    public boolean remove(String owner, T waits) {
        Set<T> line = lines.get(owner);
        if (line == null || !line.remove(waits)) {
            return false;
        }
        if (line.isEmpty()) {
            lines.remove(owner);
        }
        return true;
    }

    /** Takes out the first of each owner for whom there is room, one owner after the other. */
    public List<T> removeFirsts(Predicate<String> hasRoom) {
        List<T> firsts = new ArrayList<>();
        Iterator<Map.Entry<String, Set<T>>> each = lines.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<String, Set<T>> line = each.next();
            if (hasRoom.test(line.getKey())) {
                Iterator<T> first = line.getValue().iterator();
                firsts.add(first.next());
                first.remove();
                if (!first.hasNext()) {
                    each.remove();
                }
            }
        }
        return firsts;
    }

    /** Takes out everybody, owner by owner. */
    public List<T> removeAll() {
        List<T> all = lines.values().stream().flatMap(Set::stream).toList();
        lines.clear();
        return all;
    }

    /** Whether anybody of this owner's waits. */
    public boolean has(String owner) {
        return lines.containsKey(owner);
    }

    public int size() {
        return lines.values().stream().mapToInt(Set::size).sum();
    }
}
