package dev.realtime.system.equipment;

import dev.realtime.transport.testkit.servers.TcpProxy;
import dev.realtime.transport.testkit.servers.TestPostgres;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A database of its own on a real server, owned by a plain role whose password is a {@link Canary}: a gateway needs no
 * superuser. Gone when closed, if its server runs. Thread-safe.
 */
public final class GatewayDatabase implements AutoCloseable {
    public static final String SCHEMA = "rt";

    /** A superuser's way to the server. */
    public interface Server {
        public Connection connect() throws SQLException;
    }

    private final Server server;
    private final String name;
    private final String password;
    private final String url;

    private GatewayDatabase(Server server, UnaryOperator<String> urlOf, String name, String password) {
        this.server = server;
        this.name = name;
        this.password = password;
        this.url = urlOf.apply(name).replaceFirst("//[^@]*@", "//" + name + ":" + password + "@");
    }

    /** On the server that all tests share. */
    public static GatewayDatabase fresh() throws SQLException {
        TestPostgres postgres = TestPostgres.shared();
        return fresh(postgres::connect, postgres::url);
    }

    /**
     * A new database on this server.
     *
     * @param urlOf the superuser's URL of a database
     */
    public static GatewayDatabase fresh(Server server, UnaryOperator<String> urlOf) throws SQLException {
        GatewayDatabase database =
                new GatewayDatabase(server, urlOf, TestPostgres.shared().freshSchema(), Canary.fresh("database"));
        database.asSuperuser("CREATE ROLE " + database.name + " LOGIN PASSWORD '" + database.password + "'");
        database.asSuperuser("CREATE DATABASE " + database.name + " OWNER " + database.name);
        return database;
    }

    /** The environment of a gateway on it. */
    public Map<String, String> settings() {
        return Map.of("REALTIME_TRANSPORT", "postgres", "DATABASE_URL", url);
    }

    /** Its owner's URL. */
    public String url() {
        return url;
    }

    /** The same database on another server, as a standby has it: not to be closed. */
    public GatewayDatabase on(UnaryOperator<String> urlOf) {
        return new GatewayDatabase(server, urlOf, name, password);
    }

    /** Returns when this copy of it, on a standby, has all that is here now. */
    public void awaitCopied(GatewayDatabase copy) throws SQLException {
        String here = ask("SELECT pg_current_wal_flush_lsn()");
        Patience.until(
                "the standby has caught up",
                () -> copy.ask("SELECT pg_last_wal_replay_lsn() >= '" + here + "'")
                        .equals("t"));
    }

    /** A way to its server that can be broken. */
    public TcpProxy proxy() {
        URI server = URI.create(url);
        return TcpProxy.to(server.getHost(), server.getPort());
    }

    /** The environment of a gateway that comes through a proxy. */
    public Map<String, String> settingsThrough(TcpProxy proxy) {
        return settingsThrough(proxy, "DATABASE_URL");
    }

    /**
     * What a gateway is told that reaches the database through a proxy.
     *
     * @param key which of the two ways leads through the proxy; the other one is straight
     */
    public Map<String, String> settingsThrough(TcpProxy proxy, String key) {
        Map<String, String> settings = new HashMap<>(settings());
        settings.put(key, url.replaceFirst("@[^/]*/", "@127.0.0.1:" + proxy.port() + "/"));
        return settings;
    }

    /** A new connection of its owner. */
    public Connection connect() throws SQLException {
        String place = url.substring(url.indexOf('@') + 1);
        return DriverManager.getConnection("jdbc:postgresql://" + place, name, password);
    }

    /** The one value of the one row. */
    public String ask(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(sql)) {
            answer.next();
            return answer.getString(1);
        }
    }

    /** Rows in the log, of all organisations. */
    public int logged() throws SQLException {
        return Integer.parseInt(ask("SELECT count(*) FROM " + SCHEMA + ".log"));
    }

    /** How many connections its owner may have, -1 for as many as there are; those that are open stay. */
    public void limitConnections(int most) throws SQLException {
        asSuperuser("ALTER ROLE " + name + " CONNECTION LIMIT " + most);
    }

    /** Lets its owner do what replication tools do. */
    public void makeOwnerSuperuser() throws SQLException {
        asSuperuser("ALTER ROLE " + name + " SUPERUSER");
    }

    /** Moves it to another disk, while nobody is connected. */
    public void moveTo(Path folder) throws SQLException {
        asSuperuser("CREATE TABLESPACE " + name + " LOCATION '" + folder + "'");
        asSuperuser("ALTER DATABASE " + name + " SET TABLESPACE " + name);
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
