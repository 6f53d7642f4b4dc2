package dev.realtime.benchmarks.equipment;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;

/** A durable server of our own, on this machine, with room for what the benchmarks write. */
public final class BenchDatabase implements AutoCloseable {
    private final OwnPostgres server = OwnPostgres.started(Map.of(
            "max_connections", "400",
            "shared_buffers", "256MB",
            "max_wal_size", "4GB",
            "synchronous_commit", "on",
            "fsync", "on"));

    /** In libpq form, as instances take it. */
    public String url() {
        return server.url();
    }

    public Connection connect() throws SQLException {
        return server.connect();
    }

    /** A pool as a plain application has one. */
    public HikariDataSource pool(int size) {
        HikariConfig config = new HikariConfig();
        URI url = URI.create(server.url());
        String[] credentials = url.getUserInfo().split(":", 2);
        config.setJdbcUrl("jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath());
        config.setUsername(credentials[0]);
        config.setPassword(credentials[1]);
        config.setMaximumPoolSize(size);
        return new HikariDataSource(config);
    }

    public void run(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    public long number(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Begins a measurement on equal terms: nothing is left to be written back or vacuumed. */
    public void settle() throws SQLException {
        run("vacuum");
        run("checkpoint");
    }

    /** What all server processes that live now have used. */
    public Duration cpu() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("postgres"))
                .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }

    @Override
    public void close() {
        server.close();
    }
}
