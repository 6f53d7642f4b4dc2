package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Postgres that belongs to one test, from the embedded binaries: the test may stop, kill and start it,
 * and finds it on the same port with the same data. It does what a server in use does: it syncs to disk,
 * asks for a password, and listens on the loopback interface only. Closed, or when the JVM ends, it is gone
 * with its data. Thread-safe.
 */
public final class OwnPostgres implements AutoCloseable {

    /** How to stop: {@link #FAST} ends sessions and shuts down cleanly, {@link #IMMEDIATE} leaves recovery to the next start. */
    public enum Stop {
        FAST,
        IMMEDIATE
    }

    private static final String SUPERUSER = "postgres";
    private static final String PASSWORD = "test";
    private static final Map<String, String> SETTINGS = Map.of(
            "listen_addresses", "127.0.0.1",
            "unix_socket_directories", "",
            "max_connections", "200",
            "max_prepared_transactions", "20");

    private final ServerFolder folder = ServerFolder.create("postgres");
    private final Path log = folder.resolve("server.log");
    private final Path data = folder.resolve("data");
    private final int port = LoopbackPort.free();
    private final PostgresUrl url = new PostgresUrl(SUPERUSER, PASSWORD, "127.0.0.1", port, "postgres", null);
    private final Map<String, String> settings;
    private final PostgresBinaries binaries;
    private final NotAsRoot user;

    private @Nullable ServerProcess process;

    private OwnPostgres(Map<String, String> settings, NotAsRoot user) {
        this.settings = new LinkedHashMap<>(SETTINGS);
        this.settings.putAll(settings);
        this.binaries = PostgresBinaries.unpacked();
        this.user = user;
    }

    /** A new server, running. */
    public static OwnPostgres started() {
        return started(Map.of());
    }

    /** A new server, running with settings of {@code postgresql.conf} beyond ours, which have 200 connections. */
    public static OwnPostgres started(Map<String, String> settings) {
        return started(settings, NotAsRoot.here());
    }

    static OwnPostgres started(Map<String, String> settings, NotAsRoot user) {
        OwnPostgres server = new OwnPostgres(settings, user);
        ClosedAtExit.add(server);
        try {
            server.create();
            server.start();
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** The superuser's URL in libpq form, database {@code postgres}; the same after every start. */
    public String url() {
        return url.text();
    }

    /** The superuser's URL of another database. */
    public String url(String database) {
        return url.in(database).text();
    }

    /** The port on 127.0.0.1; the same after every start. */
    public int port() {
        return port;
    }

    /** A new connection of the superuser to the database {@code postgres}. */
    public Connection connect() throws SQLException {
        return url.connect();
    }

    public synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Starts the stopped server, and returns when it answers. */
    public synchronized void start() {
        if (isRunning()) {
            throw new IllegalStateException("The server runs already");
        }
        List<String> command = new ArrayList<>(List.of(binaries.program("postgres"), "-D", data.toString()));
        command.addAll(List.of("-p", Integer.toString(port)));
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        ServerProcess starting = ServerProcess.started(user.command(command), log);
        process = starting;
        starting.awaitReady(this::answers);
    }

    /** Stops the running server, and returns when it has ended. */
    public synchronized void stop(Stop how) {
        ServerProcess running = running();
        String mode = how.name().toLowerCase(Locale.ROOT);
        run("pg_ctl", "stop", "-D", data.toString(), "-m", mode, "-w", "-s");
        running.awaitExit();
    }

    /** Stops the server and starts it. */
    public synchronized void restart(Stop how) {
        stop(how);
        start();
    }

    /** Kills all processes of the running server at once, as a crash of its machine does. */
    public synchronized void kill() {
        running().kill();
    }

    @Override
    public synchronized void close() {
        end();
        folder.delete();
        ClosedAtExit.remove(this);
    }

    @Override
    public String toString() {
        return "OwnPostgres " + url;
    }

    /** The folder that holds everything of this server. */
    Path folder() {
        return folder.path();
    }

    private void create() {
        try {
            Path password = Files.writeString(folder.resolve("password"), PASSWORD);
            user.handOver(folder.path());
            run(
                    "initdb",
                    "--pgdata=" + data,
                    "--username=" + SUPERUSER,
                    "--pwfile=" + password,
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-sync",
                    "--no-instructions");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void run(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(binaries.program(program)));
        command.addAll(List.of(arguments));
        ServerProcess.run(user.command(command), log);
    }

    private void end() {
        ServerProcess last = process;
        if (last == null || !last.isAlive()) {
            return;
        }
        try {
            stop(Stop.IMMEDIATE);
        } catch (IllegalStateException stuckOrGone) {
            last.kill();
        }
    }

    private ServerProcess running() {
        if (process == null || !process.isAlive()) {
            throw new IllegalStateException("The server does not run");
        }
        return process;
    }

    private boolean answers() {
        try (Connection connection = connect()) {
            return connection.isValid(1);
        } catch (SQLException notYet) {
            return false;
        }
    }
}
