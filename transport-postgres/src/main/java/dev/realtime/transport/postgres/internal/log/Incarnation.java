package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.internal.connect.OneValue;
import dev.realtime.transport.postgres.internal.server.Lookout;
import dev.realtime.transport.postgres.internal.store.Connections;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that an epoch ends when something acknowledged may have been lost: looks for what this instance has
 * acknowledged and heard, and begins a new epoch in the store where it is missing. Owned by the tail's thread, but for
 * {@link #acknowledged}.
 */
public final class Incarnation {
    private static final Logger LOG = LoggerFactory.getLogger(Incarnation.class);

    private final Connections connections;
    private final Acknowledged acknowledged = new Acknowledged();
    private final String missesSql;
    private final Lookout lookout;
    private final String beginSql;
    private final String epochSql;

    /** Was there when it was looked for on this connection. */
    private @Nullable Seen found;

    public Incarnation(Connections connections, Lookout lookout, String schema) {
        this.connections = connections;
        this.lookout = lookout;
        String function = '"' + schema + "\".%s(?, ?, ?, ?)";
        missesSql = "select " + function.formatted("misses");
        epochSql = "select \"" + schema + "\".epoch()";
        beginSql = "select " + function.formatted("begin_epoch");
    }

    /** Whether this instance has just published in another epoch than this one. */
    boolean isElsewhere(String epoch) {
        return acknowledged.isElsewhere(epoch);
    }

    /** What this instance acknowledges. */
    public Acknowledged acknowledged() {
        return acknowledged;
    }

    /** On a new connection: the store may have come to another place. */
    void reconnected(Connection connection) throws SQLException {
        found = null;
        begin(connection, null);
    }

    /**
     * Looks for what was acknowledged here since the last time. What is missing was perhaps published on another server
     * than this connection's: then it is left to the next connection.
     *
     * @param detour see {@link Connections#requireOwnPlace}
     */
    void look(Connection connection, boolean detour) throws SQLException {
        for (Seen seen : acknowledged.all()) {
            if (seen.equals(found)) {
                continue;
            }
            boolean isOver = !seen.position().epoch().equals(OneValue.text(connection, epochSql));
            if (ask(connection, missesSql, seen)) {
                connections.evict();
                connections.requireOwnPlace(connection, detour);
                isOver |= begin(connection, seen);
            }
            if (isOver) {
                acknowledged.forget(seen);
            } else {
                found = seen;
            }
        }
    }

    /** Begins a new epoch if what was seen is missing, and not only hidden, and nobody was told. Whether it did. */
    boolean begin(Connection connection, @Nullable Seen seen) throws SQLException {
        lookout.requireAll(connection);
        boolean begun = ask(connection, beginSql, seen);
        if (begun) {
            LOG.warn(
                    "a new epoch begins: {}, and what was acknowledged may be lost; every stream is told a gap",
                    seen == null
                            ? "the log is on another server or timeline"
                            : seen.position().cursor() + " is not in the log any more");
        }
        return begun;
    }

    private static boolean ask(Connection connection, String sql, @Nullable Seen seen) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            if (seen == null) {
                statement.setNull(1, Types.VARCHAR);
                statement.setNull(2, Types.BIGINT);
                statement.setNull(3, Types.VARCHAR);
                statement.setNull(4, Types.BIGINT);
            } else {
                Position position = seen.position();
                statement.setString(1, position.epoch());
                statement.setLong(2, position.offset());
                statement.setString(3, position.check());
                statement.setLong(4, TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - seen.nanos()));
            }
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }
}
