package dev.realtime.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A Postgres of our own, from the programs that come with the demo. It syncs to disk and asks for a password, as one in
 * use does; it listens on 127.0.0.1 only. It ends with this JVM, however that ends, and leaves nothing. Thread-safe.
 */
final class DemoPostgres implements AutoCloseable {
    private static final String SUPERUSER = "postgres";
    private static final int STEP_SECONDS = 120;
    private static final int SHOWN_LINES = 15;

    private final DemoFolder folder;
    private final PostgresUser user;
    private final Guardian guardian;
    private final int port;
    private final String password;
    private boolean closed;

    private DemoPostgres(DemoFolder folder, PostgresUser user, Guardian guardian, int port) {
        this.folder = folder;
        this.user = user;
        this.guardian = guardian;
        this.port = port;
        byte[] secret = new byte[16];
        new SecureRandom().nextBytes(secret);
        this.password = HexFormat.of().formatHex(secret);
    }

    /** Nothing runs yet, but what will be made is watched over. */
    static DemoPostgres prepare() {
        try {
            DemoFolder folder = DemoFolder.create();
            DemoFolder.clearLeftovers(folder);
            return prepare(folder, PostgresUser.forOwnerOf(folder.path()));
        } catch (IOException e) {
            throw new DemoException("Postgres has no place here", e);
        }
    }

    static DemoPostgres prepare(DemoFolder folder, PostgresUser user) throws IOException {
        List<String> stop = List.of(
                programs(folder).program("pg_ctl"),
                "stop",
                "-w",
                "-s",
                "-t",
                "8",
                "-D",
                folder.data().toString());
        return new DemoPostgres(folder, user, Guardian.of(folder, user.command(stop)), freePort());
    }

    /** Starts it, and returns when it answers. */
    void start(Progress progress) {
        step(
                progress,
                "Unpacking Postgres",
                () -> PostgresPrograms.unpack(programs(folder).folder()));
        step(progress, "Creating its database", this::create);
        step(
                progress,
                "Starting it on port " + port,
                () -> run(
                        "pg_ctl",
                        "start",
                        "-w",
                        "-s",
                        "-t",
                        "60",
                        "-D",
                        folder.data().toString(),
                        "-l",
                        log("server")));
    }

    /** The superuser's URL in libpq form. */
    String url() {
        return "postgres://" + SUPERUSER + ":" + password + "@" + DemoSettings.HOST + ":" + port + "/postgres";
    }

    /** Where all of it is, and what may be put beside it. */
    DemoFolder folder() {
        return folder;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            guardian.release();
            folder.clear(); // which finds nothing, unless somebody has killed the guardian
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    /** Nothing starts once we are closed, and closing waits for what has started. */
    private synchronized void step(Progress progress, String what, Step step) {
        if (closed) {
            throw new DemoException("Postgres was stopped while it started");
        }
        progress.step(what);
        try {
            step.run();
        } catch (IOException e) {
            throw new DemoException("Postgres did not start", e);
        }
    }

    private void create() throws IOException {
        Path data = Files.createDirectory(folder.data());
        Path logs = Files.createDirectory(folder.resolve("log"));
        Path secret = Files.writeString(folder.resolve("password"), password);
        for (Path its : List.of(data, logs, secret)) {
            user.handOver(its);
        }
        run(
                "initdb",
                "--pgdata=" + data,
                "--username=" + SUPERUSER,
                "--pwfile=" + secret,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions");
        Files.delete(secret);
        Files.write(data.resolve("postgresql.conf"), settings(), StandardOpenOption.APPEND);
    }

    private List<String> settings() {
        return List.of(
                "port = " + port,
                "listen_addresses = '" + DemoSettings.HOST + "'",
                "unix_socket_directories = ''",
                "max_connections = 60",
                "dynamic_shared_memory_type = mmap"); // in its folder, so that it goes with it
    }

    private void run(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(programs(folder).program(program)));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(user.command(command))
                .directory(folder.data().toFile())
                .redirectErrorStream(true)
                .redirectOutput(Path.of(log(program)).toFile());
        builder.environment().keySet().removeIf(key -> key.startsWith("PG"));
        Process process = builder.start();
        try {
            if (!process.waitFor(STEP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw failure(program, "did not end within " + STEP_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure(program, "was not awaited");
        }
        if (process.exitValue() != 0) {
            throw failure(program, "failed with " + process.exitValue());
        }
    }

    private DemoException failure(String program, String what) throws IOException {
        StringBuilder text = new StringBuilder("Postgres did not start: " + program + " " + what);
        for (String name : List.of(program, "server")) {
            Path log = Path.of(log(name));
            if (Files.exists(log)) {
                List<String> lines = Files.readAllLines(log);
                lines.stream()
                        .skip(Math.max(0, lines.size() - SHOWN_LINES))
                        .forEach(line -> text.append("\n  ").append(line));
            }
        }
        return new DemoException(text.toString());
    }

    private String log(String program) {
        return folder.resolve("log").resolve(program + ".log").toString();
    }

    private static PostgresPrograms programs(DemoFolder folder) {
        return new PostgresPrograms(folder.resolve("postgres"));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
