package dev.realtime.system;

import dev.realtime.transport.testkit.servers.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A database of its own on a real server, owned by a plain role whose password is a {@link Canary}: a gateway needs no
 * superuser. Gone when closed, if its server runs. Thread-safe.
 */
final class GatewayDatabase implements AutoCloseable {
    static final String SCHEMA = "rt";

    /** A superuser's way to the server. */
    interface Server {
        Connection connect() throws SQLException;
    }

    private final Server server;
    private final String name;
    private final String password;
    private final String url;

    private GatewayDatabase(Server server, UnaryOperator<String> urlOf, String name) {
        this.server = server;
        this.name = name;
        this.password = Canary.fresh("database");
        this.url = urlOf.apply(name).replaceFirst("//[^@]*@", "//" + name + ":" + password + "@");
    }

    /** On the server that all tests share. */
    static GatewayDatabase fresh() throws SQLException {
        TestPostgres postgres = TestPostgres.shared();
        return fresh(postgres::connect, postgres::url);
    }

    /** @param urlOf the superuser's URL of a database */
    static GatewayDatabase fresh(Server server, UnaryOperator<String> urlOf) throws SQLException {
        GatewayDatabase database =
                new GatewayDatabase(server, urlOf, TestPostgres.shared().freshSchema());
        database.asSuperuser("CREATE ROLE " + database.name + " LOGIN PASSWORD '" + database.password + "'");
        database.asSuperuser("CREATE DATABASE " + database.name + " OWNER " + database.name);
        return database;
    }

    /** The environment of a gateway on it. */
    Map<String, String> settings() {
        return Map.of("REALTIME_TRANSPORT", "postgres", "DATABASE_URL", url);
    }

    /** A new connection of its owner. */
    Connection connect() throws SQLException {
        String place = url.substring(url.indexOf('@') + 1);
        return DriverManager.getConnection("jdbc:postgresql://" + place, name, password);
    }

    /** The one value of the one row. */
    String ask(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(sql)) {
            answer.next();
            return answer.getString(1);
        }
    }

    /** Rows in the log, of all organisations. */
    int logged() throws SQLException {
        return Integer.parseInt(ask("SELECT count(*) FROM " + SCHEMA + ".log"));
    }

    @Override
    public void close() throws SQLException {
        asSuperuser("DROP DATABASE " + name + " WITH (FORCE)");
        asSuperuser("DROP ROLE " + name);
    }

    private void asSuperuser(String sql) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
