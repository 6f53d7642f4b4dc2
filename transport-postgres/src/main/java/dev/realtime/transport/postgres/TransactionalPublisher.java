package dev.realtime.transport.postgres;

import dev.realtime.transport.event.Event;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Publishes in the transaction of a connection that the caller owns, beside the change it speaks of: the event is
 * heard after commit, and never after rollback. No lock is kept. Needs no running instance in this process, only the
 * schema in the connection's database and the rights of {@code rt.grant_publisher}.
 *
 * <p>Never commits, rolls back or changes a setting of the connection; in autocommit each event is a transaction of
 * its own. Immutable and thread-safe; a connection is used by the calling thread only.
 */
public final class TransactionalPublisher {
    private static final Pattern SCHEMA_NAME = Pattern.compile("[a-z_][a-z0-9_]{0,39}");

    private final String publishSql;

    /** Publishes to the schema {@code rt}. */
    public TransactionalPublisher() {
        this("rt");
    }

    /**
     * Publishes to the schema that the instances have as {@code REALTIME_SCHEMA}.
     *
     * @throws IllegalArgumentException if no schema of ours can be called that
     */
    public TransactionalPublisher(String schema) {
        if (!SCHEMA_NAME.matcher(schema).matches()) {
            throw new IllegalArgumentException(
                    "schema: '" + schema + "' is not allowed; it is 1 to 40 of a-z 0-9 _, not beginning with a digit");
        }
        publishSql = "select \"" + schema + "\".publish(?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text,"
                + " ?::pg_catalog.text, ?::pg_catalog.text[], ?::pg_catalog.text)";
    }

    /**
     * Stages the event in the connection's transaction. Publish after the write it speaks of.
     *
     * @return the event's id; made by the database if the event has none
     * @throws SQLException as the driver throws it, with the server's SQLSTATE and hint: 54000 for a payload over the
     *     limit, 25006 in a read-only transaction or on a standby, 42501 without the right to publish, 3F000 or 42883
     *     where the schema is not there. A transaction that goes on needs a savepoint before the call
     */
    public String publish(Connection connection, Event event) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(publishSql)) {
            statement.setString(1, event.orgId());
            statement.setString(2, event.type());
            statement.setString(3, new String(event.payload().bytes(), StandardCharsets.UTF_8));
            statement.setString(4, event.topic());
            statement.setString(5, audience(event.audience()));
            statement.setString(6, event.id());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** An array literal, which every driver and pooler can carry: user ids hold neither quotes nor backslashes. */
    private static @Nullable String audience(@Nullable List<String> users) {
        return users == null ? null : "{\"" + String.join("\",\"", users) + "\"}";
    }
}
