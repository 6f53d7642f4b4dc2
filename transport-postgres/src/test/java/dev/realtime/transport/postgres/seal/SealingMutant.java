package dev.realtime.transport.postgres.seal;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A way to seal wrongly: the text of a function, changed in one place, or sessions that call it wrongly. */
enum SealingMutant {
    FORGETS_WHO_WAS_IN_PROGRESS("ended_between", "pg_snapshot_xmin\\(prev\\) < pg_snapshot_xmax\\(prev\\)", "false"),
    BEGINS_AFTER_THE_LAST_XMAX(
            "ended_between",
            "low := pg_snapshot_xmax\\(prev\\)",
            "low := (pg_snapshot_xmax(prev)::text::bigint + 1)::text::xid8"),
    TAKES_THE_OPEN_FOR_ENDED("ended_between", "pg_snapshot_xmin\\(cur\\) < pg_snapshot_xmax\\(cur\\)", "false"),
    MAKES_NO_TICK(
            "seal_portion", "insert into \\S+.tick \\(number, snapshot, seq_before, seq_after\\)\\s+values", "perform"),
    SEALS_IN_ANY_ORDER("seal_portion", "order by seq\\) f", "order by id desc) f"),
    BEGINS_A_BACKLOG_TOO_LATE(
            "seal_portion", "generate_series\\(pg_snapshot_xmax\\(prev\\)", "generate_series(pg_snapshot_xmax(cur)"),
    ENDS_A_BACKLOG_TOO_EARLY("seal_backlog", "count\\(\\*\\) = max_rows or", "false and"),
    SEALS_WITHOUT_THE_GATE("seal", "lock table \\S+ in share row exclusive mode;", ""),
    APPENDS_BEFORE_IT_SEALS(
            "append",
            "select \\* into sealed from \\S+.seal_portion\\(5000\\)",
            "select false as more, 0 as sealed into sealed"),
    CLEANS_WHAT_WAS_NOT_SEALED("clean_stage", "r.xid < ended.high", "r.xid <= ended.high"),
    SEALS_IN_A_TRANSACTION_THAT_HAS_WRITTEN(
            "require_alone", "pg_current_xact_id_if_assigned\\(\\) is not null", "false"),
    SEALS_UNDER_REPEATABLE_READ(
            "require_alone",
            "current_setting\\('transaction_isolation'\\) <> 'read committed'",
            "false",
            "set default_transaction_isolation = 'repeatable read'");

    private final String function;
    private final String right;
    private final String wrong;
    private final String sealing;

    SealingMutant(String function, String right, String wrong) {
        this(function, right, wrong, "select 1");
    }

    SealingMutant(String function, String right, String wrong, String sealing) {
        this.function = function;
        this.right = right;
        this.wrong = wrong;
        this.sealing = sealing;
    }

    /** What sessions that seal begin with. */
    String sealing() {
        return sealing;
    }

    /** Puts itself in the place of the right function. */
    void install(Store store) throws SQLException {
        try (Session session = store.session()) {
            List<String> found = session.column(
                    "select pg_get_functiondef(oid) from pg_proc where proname = ? and pronamespace = ?::regnamespace",
                    function,
                    '"' + store.schema() + '"');
            boolean said = false;
            for (String definition : found) { // of several by this name, those that say it
                Matcher matcher = Pattern.compile(right).matcher(definition);
                if (matcher.find()) {
                    said = true;
                    session.run(matcher.replaceAll(wrong));
                }
            }
            if (!said) {
                throw new AssertionError(function + " does not say " + right + " any more:\n" + found);
            }
        }
    }
}
