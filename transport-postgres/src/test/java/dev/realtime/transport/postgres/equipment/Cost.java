package dev.realtime.transport.postgres.equipment;

import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a call costs the server: pages touched, wherever they were. Does not depend on how busy the machine is. */
public final class Cost {
    private static final Pattern COUNT = Pattern.compile("(?:hit|read)=(\\d+)");

    private Cost() {}

    /** Runs this, which changes what it changes, and returns how many pages it touched, in all it calls. */
    public static long pages(Session session, String select) throws SQLException {
        for (String line : session.column("explain (analyze, buffers, timing off, costs off, summary off) " + select)) {
            // The first is the top node's, which has those of all others in it; planning comes after.
            if (line.contains("Buffers: shared")) {
                long pages = 0;
                Matcher counts = COUNT.matcher(line.replaceAll(", (local|temp).*", ""));
                while (counts.find()) {
                    pages += Long.parseLong(counts.group(1));
                }
                return pages;
            }
        }
        return 0;
    }
}
