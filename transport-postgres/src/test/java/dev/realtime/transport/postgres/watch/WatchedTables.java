package dev.realtime.transport.postgres.watch;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import java.sql.SQLException;
import java.util.List;

/** A store without instances and a schema of tables beside it: what is staged stays there to be looked at. */
final class WatchedTables implements AutoCloseable {
    private final Store store;
    private final String app;
    private final Session sql;

    WatchedTables() throws SQLException {
        this(new Store());
    }

    /** On that store. */
    WatchedTables(Store where) throws SQLException {
        store = Store.migrated(where);
        app = "app_" + store.schema();
        sql = store.session();
        sql.run("create schema " + app + "; set search_path = " + app);
    }

    Store store() {
        return store;
    }

    /** Where the tables are. */
    String app() {
        return app;
    }

    /** A session whose unqualified tables are these. */
    Session sql() {
        return sql;
    }

    /** What these statements staged, in order: organisation, event and payload. */
    List<String> pings(String... statements) throws SQLException {
        String before = sql.value("select coalesce(max(seq), 0) from rt.stage");
        for (String statement : statements) {
            sql.run(statement);
        }
        return sql.column(
                "select concat_ws(' ', org_id, event, convert_from(payload, 'UTF8')) from rt.stage"
                        + " where seq > ?::bigint order by seq",
                before);
    }

    /** What is said to be wrong with what is watched. */
    List<String> problems() throws SQLException {
        return sql.column("select problem from rt.watched where problem is not null");
    }

    @Override
    public void close() throws SQLException {
        sql.run("reset role; drop schema " + app + " cascade");
        sql.close();
        store.close();
    }
}
