package dev.realtime.transport.testkit.servers;

import dev.realtime.transport.testkit.checks.Canary;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A real Postgres for all tests of this JVM. It is the server of {@code TEST_DATABASE_URL} (a superuser's URL in
 * libpq form) if that is set; else one in Docker, if there is Docker; else one from the embedded binaries. It ends
 * with the JVM, and databases made by {@link #freshDatabase()} on a given server are dropped then. Tests that stop
 * their server use {@link OwnPostgres}. Thread-safe.
 */
public final class TestPostgres {
    private static final String GIVEN = "TEST_DATABASE_URL";
    /** The major version; the embedded binaries are those on the class path. */
    private static final String IMAGE = "postgres:" + System.getProperty("postgres.version", "18");

    private static @Nullable TestPostgres shared;

    private final PostgresUrl url;
    private final String source;

    private TestPostgres(PostgresUrl url, String source) {
        this.url = url;
        this.source = source;
    }

    /** The one server, started at the first call. */
    public static synchronized TestPostgres shared() {
        TestPostgres found = shared == null ? found(System.getenv()) : shared;
        shared = found;
        return found;
    }

    static TestPostgres found(Map<String, String> environment) {
        String given = environment.get(GIVEN);
        if (given != null && !given.isBlank()) {
            PostgresUrl url = PostgresUrl.parse(given);
            Canary.watched(url.password());
            return new TestPostgres(url, GIVEN);
        }
        return Docker.started(environment, IMAGE, TestPostgres::inDocker).orElseGet(TestPostgres::embedded);
    }

    /** The URL in libpq form, {@code postgres://user:password@host:port/database}, of a superuser. */
    public String url() {
        return url.text();
    }

    /** The URL of another database of this server. */
    public String url(String database) {
        return url.in(database).text();
    }

    /** A new connection of the superuser, by {@code org.postgresql}. */
    public Connection connect() throws SQLException {
        return url.connect();
    }

    /** A name that no schema has yet, so that tests can share one database. The schema itself is the test's to make. */
    public String freshSchema() {
        return FreshName.of("schema");
    }

    /** Makes a database and returns its URL. */
    public String freshDatabase() throws SQLException {
        String name = FreshName.of("database");
        execute("CREATE DATABASE " + name);
        if (source.equals(GIVEN)) {
            ClosedAtExit.add(() -> execute("DROP DATABASE " + name + " WITH (FORCE)"));
        }
        return url(name);
    }

    /** Where it was found: {@code TEST_DATABASE_URL}, {@code docker} or {@code embedded}. */
    public String source() {
        return source;
    }

    private static TestPostgres inDocker() {
        PostgreSQLContainer container = new PostgreSQLContainer(IMAGE)
                .withPassword("postgres-canary-" + UUID.randomUUID())
                .withCommand("postgres", "-c", "max_connections=200", "-c", "max_prepared_transactions=20");
        container.start();
        Canary.watched(container.getPassword()); // from here on: to start it, Docker's client has to say it
        ClosedAtExit.add(container);
        PostgresUrl url = new PostgresUrl(
                container.getUsername(),
                container.getPassword(),
                container.getHost(),
                container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
                container.getDatabaseName(),
                null);
        return new TestPostgres(url, "docker");
    }

    private static TestPostgres embedded() {
        return new TestPostgres(PostgresUrl.parse(OwnPostgres.started().url()), "embedded");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
