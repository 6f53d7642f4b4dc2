package dev.realtime.system;

import dev.realtime.system.GatewayClient.Acknowledged;
import dev.realtime.transport.Cursor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One organisation's account: what was committed, against what a subscriber got. Right is each event once, in the
 * log's order and with the log's cursor, or a gap where events are missing. Thread-safe.
 */
final class Ledger {
    private static final int FAULTS_SHOWN = 10;

    private final String organisation;
    private final Map<String, String> cursors = new ConcurrentHashMap<>();

    Ledger(String organisation) {
        this.organisation = organisation;
    }

    /** Notes what was committed. The same event again must have the same cursor. */
    void committed(List<Acknowledged> events) {
        for (Acknowledged event : events) {
            String before = cursors.putIfAbsent(event.id(), event.cursor());
            if (before != null && !before.equals(event.cursor())) {
                throw new AssertionError("committed twice: " + event + ", before at " + before);
            }
        }
    }

    int size() {
        return cursors.size();
    }

    /** The committed ids, in the log's order. */
    List<String> ids() {
        return cursors.entrySet().stream()
                .sorted(Comparator.comparingLong(entry -> offset(entry.getValue())))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Fails unless the subscriber, there from before the first event, got all of this account and nothing else. */
    void requireWhole(SseReader subscriber) {
        List<String> faults = faults(subscriber.frames());
        if (!faults.isEmpty()) {
            throw new AssertionError(faults.size() + " faults, such as\n"
                    + String.join("\n", faults.subList(0, Math.min(FAULTS_SHOWN, faults.size()))));
        }
    }

    /** What is wrong with these frames, one line each. */
    List<String> faults(List<Frame> frames) {
        List<String> faults = new ArrayList<>();
        List<String> expected = ids();
        Set<String> seen = new HashSet<>();
        int next = 0;
        boolean gap = false;
        for (Frame frame : frames) {
            gap |= frame.is("realtime.gap");
            if (!frame.isEnvelope()) {
                continue;
            }
            String id = frame.json().path("id").asText();
            if (!frame.json().path("org_id").asText().equals(organisation)) {
                faults.add("somebody else's: " + frame);
            } else if (!seen.add(id)) {
                faults.add("twice: " + frame);
            } else if (!frame.isProvisional()) {
                int at = next < expected.size() && expected.get(next).equals(id) ? next : expected.indexOf(id);
                if (at < 0) {
                    faults.add("never committed: " + frame);
                    continue;
                }
                if (!cursors.get(id).equals(frame.id())) {
                    faults.add("another cursor than " + cursors.get(id) + ": " + frame);
                }
                if (at < next) {
                    faults.add("out of order: " + frame);
                    continue;
                }
                if (!gap) {
                    missing(expected.subList(next, at), seen, faults);
                }
                next = at + 1;
                gap = false;
            }
        }
        if (!gap) {
            missing(expected.subList(next, expected.size()), seen, faults);
        }
        return faults;
    }

    /** Events whose provisional copy was seen are not given again. */
    private void missing(List<String> skipped, Set<String> seen, List<String> faults) {
        skipped.stream()
                .filter(id -> !seen.contains(id))
                .forEach(id -> faults.add("missing: " + id + " at " + cursors.get(id)));
    }

    private static long offset(String cursor) {
        return Cursor.parse(cursor)
                .orElseThrow(() -> new AssertionError("not a cursor: " + cursor))
                .offset();
    }
}
