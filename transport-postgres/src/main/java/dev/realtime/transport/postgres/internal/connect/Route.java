package dev.realtime.transport.postgres.internal.connect;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The way to a URL's database: of several servers, to the one that takes writes, looked for anew whenever the last one
 * does not answer or does not take them any more. The one place that chooses, for both drivers. Thread-safe.
 */
public final class Route {
    /** A connection and the server it leads to. */
    private record Arrival(ServerAddress server, Connection connection) {}

    private static final String WHO_ARE_YOU = "select pg_catalog.pg_is_in_recovery(),"
            + " pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool";

    private final Driver driver = new org.postgresql.Driver();
    private final PostgresUrl url;
    private volatile @Nullable ServerAddress last;

    public Route(PostgresUrl url) {
        this.url = url;
    }

    public PostgresUrl url() {
        return url;
    }

    /** A new connection of {@code org.postgresql}. Blocks for at most twice the time that one connect may take. */
    public Connection connect(Properties properties) throws SQLException {
        return arrive(properties).connection();
    }

    /** Where connections lead now. Makes one to find out, if there is a choice. */
    public ServerAddress server(Properties properties) throws SQLException {
        if (!url.writable()) {
            return url.servers().get(0);
        }
        Arrival arrival = arrive(properties);
        arrival.connection().close();
        return arrival.server();
    }

    private Arrival arrive(Properties properties) throws SQLException {
        List<ServerAddress> servers = url.servers();
        ServerAddress known = servers.size() == 1 ? servers.get(0) : last;
        if (known != null) {
            try {
                return open(known, properties);
            } catch (SQLException e) {
                last = null;
                if (servers.size() == 1) {
                    throw e;
                }
            }
        }
        Arrival found = race(servers, properties);
        last = found.server();
        return found;
    }

    /** Asks all of them at once: a dead one must not keep us from the living. The first that takes writes is it. */
    private Arrival race(List<ServerAddress> servers, Properties properties) throws SQLException {
        CompletableFuture<Arrival> winner = new CompletableFuture<>();
        Map<ServerAddress, String> failures = new ConcurrentHashMap<>();
        for (ServerAddress server : servers) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            Arrival arrival = open(server, properties);
                            if (!winner.complete(arrival)) {
                                arrival.connection().close();
                            }
                        } catch (SQLException | RuntimeException e) {
                            failures.put(server, Causes.line(server.toString(), e));
                            if (failures.size() == servers.size()) {
                                winner.completeExceptionally(e);
                            }
                        }
                    },
                    "realtime-route");
            thread.setDaemon(true);
            thread.start();
        }
        try {
            return winner.get();
        } catch (InterruptedException e) {
            winner.cancel(false); // who arrives later leaves again
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted", e);
        } catch (ExecutionException e) {
            throw new SQLException(
                    "none of the servers takes writes: "
                            + servers.stream().map(failures::get).collect(Collectors.joining("; ")),
                    "08001");
        }
    }

    private Arrival open(ServerAddress server, Properties properties) throws SQLException {
        Connection connection = driver.connect(url.jdbc(server), properties);
        if (connection == null) {
            throw new SQLException("the driver does not know " + url);
        }
        try {
            PinnedPath.pin(connection);
            if (url.writable()) {
                refuseReader(connection);
            }
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
        return new Arrival(server, connection);
    }

    private static void refuseReader(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(WHO_ARE_YOU)) {
            row.next();
            if (row.getBoolean(1) || row.getBoolean(2)) {
                throw new SQLException(row.getBoolean(1) ? "the server is a standby" : "the server is read-only");
            }
        }
    }
}
