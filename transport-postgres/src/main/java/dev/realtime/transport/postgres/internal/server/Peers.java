package dev.realtime.transport.postgres.internal.server;

import dev.realtime.transport.postgres.internal.store.Fingerprint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The instances on this store, read from the names of their connections. Nobody writes for it. Updated by one thread,
 * read by any.
 */
public final class Peers {
    /** Differences that are remembered as said. */
    private static final int MOST_SAID = 100;

    private final String name;
    private final Fingerprint own;
    private volatile int count = 1;

    // the updating thread
    private final Set<String> said = new HashSet<>();

    /** @param applicationName what this instance's tail calls itself */
    public Peers(String applicationName, Fingerprint own) {
        this.name = applicationName;
        this.own = own;
    }

    /** How many instances there are, this one included; as of some seconds ago. At least 1. */
    public int count() {
        return count;
    }

    /** Takes note of who is there. Returns what is new and does not agree, one line each. */
    public List<String> see(List<String> applicationNames) {
        int others = 0;
        List<String> lines = new ArrayList<>();
        for (String each : applicationNames) {
            Fingerprint theirs = fingerprint(each);
            if (theirs == null || !theirs.store().equals(own.store()) || each.equals(name)) {
                continue;
            }
            others++;
            for (Map.Entry<String, String> value : own.values().entrySet()) {
                String their = theirs.values().get(value.getKey());
                if (!value.getValue().equals(their) && said.size() < MOST_SAID && said.add(value.getKey() + their)) {
                    lines.add("instances differ: " + value.getKey() + " is " + value.getValue() + " here and " + their
                            + " at '" + instance(each) + "'");
                }
            }
        }
        count = others + 1;
        return lines;
    }

    /** {@code realtime:<instance>:<fingerprint>:tail}. */
    private static @Nullable Fingerprint fingerprint(String applicationName) {
        String[] parts = applicationName.split(":", -1);
        return parts.length < 4 ? null : Fingerprint.parse(parts[parts.length - 2]);
    }

    private static String instance(String applicationName) {
        return applicationName.split(":", -1)[1];
    }
}
