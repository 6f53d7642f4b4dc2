package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the log must hold after a schedule. Its clock counts the schedule's steps. One thread. */
final class ScheduleModel {
    private record Times(int begun, int committed) {}

    private final Map<String, Times> events = new HashMap<>();
    private final Set<String> repeated = new HashSet<>();
    private final Set<List<String>> transactions = new HashSet<>();

    /** An event begins to be published. If it was before, it has no place of its own in the order any more. */
    void begins(String id, int step) {
        if (events.putIfAbsent(id, new Times(step, Integer.MAX_VALUE)) != null) {
            repeated.add(id);
        }
    }

    /** The ids so far, sorted. */
    List<String> ids() {
        return List.copyOf(new TreeSet<>(events.keySet()));
    }

    /** What a transaction published and did not undo is committed, at the latest now. */
    void commits(List<String> ids, int step) {
        ids.forEach(id -> events.computeIfPresent(
                id, (same, times) -> new Times(times.begun(), Math.min(step, times.committed()))));
        transactions.add(List.copyOf(ids));
    }

    /** Judges the log, in its order. */
    void check(List<String> logged) {
        assertThat(logged)
                .as("what was committed, each once, and nothing else")
                .containsExactlyInAnyOrderElementsOf(events.keySet().stream()
                        .filter(id -> events.get(id).committed() < Integer.MAX_VALUE)
                        .toList());
        List<String> once = logged.stream().filter(id -> !repeated.contains(id)).toList();
        for (List<String> transaction : transactions) {
            assertThat(once.stream().filter(transaction::contains))
                    .as("the order within a transaction")
                    .isEqualTo(transaction.stream()
                            .filter(id -> !repeated.contains(id))
                            .toList());
        }
        int latestBegun = -1;
        for (String id : once) {
            assertThat(events.get(id).committed())
                    .as(id + " was committed before one in front of it began: " + logged)
                    .isGreaterThanOrEqualTo(latestBegun);
            latestBegun = Math.max(latestBegun, events.get(id).begun());
        }
    }
}
