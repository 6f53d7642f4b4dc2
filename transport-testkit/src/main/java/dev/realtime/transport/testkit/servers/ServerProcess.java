package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** One run of a program. What it says goes to a file, and is shown only if the program fails. */
final class ServerProcess {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final int TAIL = 4_000;

    private final Process process;
    private final List<String> command;
    private final Path log;

    private ServerProcess(Process process, List<String> command, Path log) {
        this.process = process;
        this.command = command;
        this.log = log;
    }

    static ServerProcess started(List<String> command, Path log) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            return new ServerProcess(process, command, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a program to its end, which must be a success. */
    static void run(List<String> command, Path log) {
        ServerProcess process = started(command, log);
        process.awaitExit();
        if (process.process.exitValue() != 0) {
            throw process.failure("failed with " + process.process.exitValue(), null);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits until the server answers, and fails at once if it ends before. */
    void awaitReady(Callable<Boolean> answers) {
        try {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(POLL)
                    .failFast("it ended", () -> !process.isAlive())
                    .until(answers);
        } catch (RuntimeException e) {
            throw failure("did not start", e);
        }
    }

    void awaitExit() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw failure("did not end", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure("was not awaited", e);
        }
    }

    /** Asks the program to end, and waits for it. */
    void end() {
        process.destroy();
        awaitExit();
    }

    /** Kills the program and its children, as a crash of the machine would, and waits until all are gone. */
    void kill() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        Awaitility.await()
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(POLL)
                .until(() -> children.stream().noneMatch(ServerProcess::runs));
        awaitExit();
    }

    /** One that has ended runs no program, though it may stay listed until the system's first process asks after it. */
    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    private IllegalStateException failure(String what, @Nullable Throwable cause) {
        return new IllegalStateException(String.join(" ", command) + " " + what + "\n" + tail(), cause);
    }

    private String tail() {
        try {
            String text = Files.readString(log, StandardCharsets.UTF_8);
            return text.substring(Math.max(0, text.length() - TAIL));
        } catch (IOException e) {
            return "(its log cannot be read: " + e + ")";
        }
    }
}
