package dev.realtime.transport.postgres.internal.connect;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;

/**
 * What every session of ours sets at its start, whatever the database or the role has set: the one place. Behind a
 * pooler nothing is set, because the server process goes on to serve others. Immutable.
 */
public final class SessionSettings {
    /** A lock is waited for within every deadline for an answer: the server ends the wait, not the socket. */
    private static final Duration LOCK = Duration.ofSeconds(4);

    /** So much earlier than this side stops waiting the server gives up. */
    public static final Duration MARGIN = Duration.ofMillis(500);

    /** What our statements mean. */
    private static final Map<String, String> MEANING = Map.ofEntries(
            Map.entry("array_nulls", "on"),
            Map.entry("backslash_quote", "safe_encoding"),
            Map.entry("bytea_output", "hex"),
            Map.entry("client_min_messages", "warning"),
            Map.entry("datestyle", "ISO, MDY"),
            Map.entry("default_transaction_deferrable", "off"),
            Map.entry("default_transaction_isolation", "read committed"),
            Map.entry("default_transaction_read_only", "off"),
            Map.entry("exit_on_error", "off"),
            Map.entry("intervalstyle", "postgres"),
            Map.entry("quote_all_identifiers", "off"),
            Map.entry("restrict_nonsystem_relation_kind", ""),
            // A read that a policy would narrow fails.
            Map.entry("row_security", "off"),
            Map.entry("standard_conforming_strings", "on"),
            Map.entry("transform_null_equals", "off"));

    /** How our statements run: they are short, and compiling them takes longer than running them. */
    private static final Map<String, String> RUNNING = Map.of(
            "enable_bitmapscan", "on",
            "enable_indexonlyscan", "on",
            "enable_indexscan", "on",
            "enable_nestloop", "on",
            "enable_sort", "on",
            "jit", "off",
            "plan_cache_mode", "auto");

    /** How long our sessions live: as long as we want, and not for minutes after this side has gone. */
    private static final Map<String, String> LIFE = Map.of(
            "idle_in_transaction_session_timeout", "60s",
            "idle_session_timeout", "0",
            "tcp_keepalives_count", "3",
            "tcp_keepalives_idle", "5",
            "tcp_keepalives_interval", "2",
            "tcp_user_timeout", "15s",
            "transaction_timeout", "0");

    private final String sql;

    private SessionSettings(Map<String, String> values) {
        this.sql = sql(values);
    }

    /** For a session whose statements are waited for so long. */
    public static SessionSettings answeredWithin(Duration answer) {
        return new SessionSettings(bounded(answer));
    }

    /** For the session of the tail, whose plans a table's growth cannot spoil. */
    public static SessionSettings ofTail(Duration answer) {
        Map<String, String> values = bounded(answer);
        values.put("enable_seqscan", "off");
        return new SessionSettings(values);
    }

    /** The statement that sets them; what a server does not know is left out. */
    public String sql() {
        return sql;
    }

    /** Sets them, unless a pooler is in the way. Whether one is. */
    public boolean settle(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            // A pooler tells its clients an id of its own making.
            if (pid(statement) != connection.unwrap(PGConnection.class).getBackendPID()) {
                return true;
            }
            statement.execute(sql);
            return false;
        }
    }

    private static int pid(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("select pg_catalog.pg_backend_pid()")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static Map<String, String> bounded(Duration answer) {
        Map<String, String> values = new LinkedHashMap<>(MEANING);
        values.putAll(RUNNING);
        values.putAll(LIFE);
        values.put("lock_timeout", LOCK.toMillis() + "ms");
        values.put("statement_timeout", answer.minus(MARGIN).toMillis() + "ms");
        return values;
    }

    private static String sql(Map<String, String> values) {
        return values.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(each -> "('" + each.getKey() + "', '" + each.getValue() + "')")
                .collect(Collectors.joining(
                        ", ",
                        "select pg_catalog.set_config(s.name, s.value, false) from (values ",
                        ") s (name, value) where pg_catalog.current_setting(s.name, true) is not null"));
    }
}
