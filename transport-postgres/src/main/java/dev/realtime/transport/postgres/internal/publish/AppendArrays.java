package dev.realtime.transport.postgres.internal.publish;

import dev.realtime.transport.event.Envelope;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * A batch as {@code append()} takes it: an array for each column. The types are those that the driver sends in binary:
 * parsing timestamps and byte strings from text costs the server more than the rows themselves.
 */
final class AppendArrays {
    private final int[] groups;
    private final String[] orgIds;
    private final String[] ids;
    private final String[] events;
    private final String[] topics;
    /** Null if every event is for its whole organisation. */
    private final @Nullable String @Nullable [] audiences;

    private final long[] created;
    private final byte[][] payloads;

    private AppendArrays(int size, boolean hasAudiences) {
        groups = new int[size];
        orgIds = new String[size];
        ids = new String[size];
        events = new String[size];
        topics = new String[size];
        audiences = hasAudiences ? new String[size] : null;
        created = new long[size];
        payloads = new byte[size][];
    }

    static AppendArrays of(List<List<Envelope>> groups) {
        int size = 0;
        boolean hasAudiences = false;
        for (List<Envelope> group : groups) {
            size += group.size();
            for (Envelope envelope : group) {
                hasAudiences |= envelope.audience() != null;
            }
        }
        AppendArrays arrays = new AppendArrays(size, hasAudiences);
        int i = 0;
        for (int group = 0; group < groups.size(); group++) {
            for (Envelope envelope : groups.get(group)) {
                arrays.set(i++, group, envelope);
            }
        }
        return arrays;
    }

    private void set(int i, int group, Envelope envelope) {
        groups[i] = group;
        orgIds[i] = envelope.orgId();
        ids[i] = envelope.id();
        events[i] = envelope.type();
        topics[i] = envelope.topic();
        if (audiences != null) {
            audiences[i] = audience(envelope);
        }
        created[i] = micros(envelope.timestamp());
        payloads[i] = envelope.payload().bytes();
    }

    /** Sets the parameters of a call of {@code append()}. */
    void bind(PGConnection connection, PreparedStatement statement) throws SQLException {
        statement.setArray(1, connection.createArrayOf("int4", groups));
        statement.setArray(2, connection.createArrayOf("text", orgIds));
        statement.setArray(3, connection.createArrayOf("text", ids));
        statement.setArray(4, connection.createArrayOf("text", events));
        statement.setArray(5, connection.createArrayOf("text", topics));
        if (audiences == null) {
            statement.setNull(6, Types.ARRAY, "_text");
        } else {
            statement.setArray(6, connection.createArrayOf("text", audiences));
        }
        statement.setArray(7, connection.createArrayOf("int8", created));
        statement.setArray(8, connection.createArrayOf("bytea", payloads));
    }

    /** An audience as an array literal: user ids hold neither quotes nor backslashes. */
    private static @Nullable String audience(Envelope envelope) {
        List<String> users = envelope.audience();
        return users == null ? null : "{\"" + String.join("\",\"", users) + "\"}";
    }

    private static long micros(Instant at) {
        return at.getEpochSecond() * 1_000_000 + at.getNano() / 1_000;
    }
}
