package dev.realtime.transport.testkit.servers;

import dev.realtime.transport.testkit.checks.Canary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
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
    private static final String PASSWORD = Canary.fresh("postgres");
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
        this.settings = new LinkedHashMap<>(settings);
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

    /** A new server that speaks TLS with this certificate. It still lets in who does not ask for TLS. */
    public static OwnPostgres startedWith(TestCertificates.Issued certificate) {
        return new OwnPostgres(SETTINGS, NotAsRoot.here()).made(it -> {
            it.create();
            it.speakTls(certificate);
        });
    }

    static OwnPostgres started(Map<String, String> settings, NotAsRoot user) {
        Map<String, String> all = new LinkedHashMap<>(SETTINGS);
        all.putAll(settings);
        return new OwnPostgres(all, user).made(OwnPostgres::create);
    }

    private OwnPostgres made(Consumer<OwnPostgres> way) {
        ClosedAtExit.add(this);
        try {
            way.accept(this);
            start();
            return this;
        } catch (RuntimeException e) {
            close();
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

    /** Starts the stopped server as a standby that follows nobody: it can be read, not written. */
    public synchronized void startAsStandby() {
        try {
            user.handOver(Files.createFile(data.resolve("standby.signal")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
    }

    /**
     * A hot standby of this server, running and streaming: of the same version, with the same settings and passwords.
     * This server must be stopped, and is running when this returns.
     */
    public synchronized OwnPostgres standby() {
        OwnPostgres standby = new OwnPostgres(settings, user).made(it -> it.copyFrom(this));
        start();
        return standby;
    }

    /** Makes a primary of this standby, with a timeline of its own; returns when it takes writes. */
    public void promote() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet promoted = statement.executeQuery("SELECT pg_promote(true)")) {
            if (!promoted.next() || !promoted.getBoolean(1)) {
                throw new IllegalStateException("The standby was not promoted");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Keeps a copy of the stopped server's data, for {@link #restore}; it replaces an earlier one. */
    public synchronized void snapshot() {
        requireStopped();
        run(List.of("rm", "-rf", kept().toString()));
        run(List.of("cp", "-R", data.toString(), kept().toString()));
    }

    /** Keeps a base backup of the running server, for {@link #restore}, as {@link #snapshot} does of a stopped one. */
    public synchronized void backUp() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            boolean old = connection.getMetaData().getDatabaseMajorVersion() < 15;
            statement.execute(
                    old ? "SELECT pg_start_backup('kept', true, false)" : "SELECT pg_backup_start('kept', true)");
            run(List.of("rm", "-rf", kept().toString()));
            run(List.of("cp", "-R", data.toString(), kept().toString()));
            try (ResultSet stopped = statement.executeQuery(
                    old
                            ? "SELECT labelfile FROM pg_stop_backup(false, false)"
                            : "SELECT labelfile FROM pg_backup_stop(false)")) {
                stopped.next();
                Path label = Files.writeString(folder.resolve("backup_label"), stopped.getString(1));
                run(List.of(
                        "cp", label.toString(), kept().resolve("backup_label").toString()));
            }
            // What was written until the end belongs to it.
            run(List.of(
                    "cp",
                    "-R",
                    data.resolve("pg_wal") + "/.",
                    kept().resolve("pg_wal").toString()));
            run(List.of("rm", kept().resolve("postmaster.pid").toString()));
        } catch (SQLException | IOException e) {
            throw new IllegalStateException("The server was not backed up", e);
        }
    }

    /** Puts the data of the last {@link #snapshot} or {@link #backUp} back, while the server is stopped. */
    public synchronized void restore() {
        requireStopped();
        run(List.of("rm", "-rf", data.toString()));
        run(List.of("cp", "-R", kept().toString(), data.toString()));
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
                    "--no-sync",
                    "--no-instructions");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A cold copy: consistent as it is, so that it can follow from where it stands. */
    private void copyFrom(OwnPostgres primary) {
        primary.requireStopped();
        try {
            user.handOver(folder.path());
            run(List.of("cp", "-R", primary.data.toString(), data.toString()));
            Path settingsFile = Files.writeString(
                    folder.resolve("standby.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=%d user=%s password=%s'%n"
                            .formatted(primary.port, SUPERUSER, PASSWORD));
            run(List.of(
                    "cp",
                    settingsFile.toString(),
                    data.resolve("postgresql.auto.conf").toString()));
            run(List.of("touch", data.resolve("standby.signal").toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void speakTls(TestCertificates.Issued issued) {
        try {
            Path certificate = Files.writeString(folder.resolve("server.crt"), issued.certificate());
            Path key = Files.writeString(folder.resolve("server.key"), issued.key());
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
            user.handOver(key);
            settings.putAll(
                    Map.of("ssl", "on", "ssl_cert_file", certificate.toString(), "ssl_key_file", key.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path kept() {
        return folder.resolve("kept");
    }

    private void requireStopped() {
        if (isRunning()) {
            throw new IllegalStateException("The server runs");
        }
    }

    private void run(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(binaries.program(program)));
        command.addAll(List.of(arguments));
        run(command);
    }

    /** As the server's user, to whom its files belong. */
    private void run(List<String> command) {
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
