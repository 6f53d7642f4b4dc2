package dev.realtime.transport.postgres.internal.server;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Whether a session sees all that our tables hold: row-level security, a rule, or a view in a table's place gives less
 * without a word. Asks the catalogue only, so it answers also where the schema is missing. Immutable.
 */
final class Sight {
    private final String sql;

    Sight(String schema) {
        String schemaOid = "(select n.oid from pg_catalog.pg_namespace n where n.nspname = '" + schema + "')";
        // Of these an instance reads with its own rights; all else our functions read with their owner's.
        String ownRights = "c.relname in ('log', 'floor', 'store', 'schema_history') and"
                + " pg_catalog.row_security_active(c.oid)";
        String ownersRights = "c.relrowsecurity and c.relforcerowsecurity and not o.rolsuper and not o.rolbypassrls";
        sql = "select pg_catalog.min(case when t.security then 'security' else 'form' end),"
                + " pg_catalog.string_agg(distinct t.place, ', ' order by t.place), pg_catalog.min(t.role)"
                + " from (select pg_catalog.format('%s.%s', '" + schema + "', c.relname) as place,"
                + " case when " + ownRights
                + " then current_user::pg_catalog.text else o.rolname::pg_catalog.text end as role,"
                + " " + ownRights + " or " + ownersRights + " as security,"
                + " c.relkind not in ('r', 'p') or exists (select from pg_catalog.pg_rewrite w where w.ev_class = c.oid)"
                + " as form from pg_catalog.pg_class c join pg_catalog.pg_roles o on o.oid = c.relowner"
                + " where c.relnamespace = " + schemaOid + " and c.relkind in ('r', 'p', 'v', 'm', 'f')"
                + " and c.relname in ('claim', 'floor', 'log', 'schema_history', 'stage', 'store', 'tick')) t"
                + " where t.security or t.form";
    }

    /**
     * Why reads give less than the log holds, and what to do.
     *
     * @param replaced whether another thing stands in a table's place: a session cannot refuse to read that
     */
    record Problem(String text, boolean replaced) {}

    /** Null if reads give all. */
    @Nullable
    Problem problem(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            String kind = row.getString(1);
            if (kind == null) {
                return null;
            }
            String tables = row.getString(2);
            return kind.equals("security")
                    ? new Problem(
                            "row-level security is on for " + tables + " and the role '"
                                    + Survey.printable(row.getString(3))
                                    + "' is subject to it, so reads give less than the"
                                    + " log holds: ALTER TABLE … DISABLE ROW LEVEL SECURITY on each, or ALTER ROLE …"
                                    + " BYPASSRLS",
                            false)
                    : new Problem(
                            tables + ": a view or a rule is in the way of the table, so reads may give less than the"
                                    + " log holds: put back what the migrations made",
                            true);
        }
    }
}
