package dev.realtime.benchmarks.equipment;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A {@link SubscriberMain} in a JVM of its own, on the JVM and class path of this one. */
public final class RemoteSubscriber implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final PrintStream commands;

    /**
     * What it received.
     *
     * @param firstAtNanos when the first event came
     * @param lastAtNanos when the last event came
     * @param p50 latency in microseconds, as the others
     * @param cpuMillis of the process since its start
     * @param heapMiB used now
     */
    public record Figures(
            long events,
            long gaps,
            long outOfOrder,
            long firstAtNanos,
            long lastAtNanos,
            long p50,
            long p99,
            long max,
            long cpuMillis,
            long heapMiB) {}

    private RemoteSubscriber(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path")
                        .replace(File.pathSeparator + File.pathSeparator, File.pathSeparator),
                SubscriberMain.class.getName()));
        command.addAll(arguments);
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        if (!"ready".equals(answers.readLine())) {
            throw new IOException("the subscriber did not start");
        }
    }

    /** Started, subscribed from now on. */
    public static RemoteSubscriber started(String url, String schema) throws IOException {
        return new RemoteSubscriber(List.of(url, schema));
    }

    /** Started, resumed at a cursor. */
    public static RemoteSubscriber resumed(String url, String schema, String cursor) throws IOException {
        return new RemoteSubscriber(List.of(url, schema, cursor));
    }

    public Figures reset() {
        return ask("reset");
    }

    Figures report() {
        return ask("report");
    }

    /** Waits until it has so many events, or has had none for a while. */
    public Figures await(long events, Duration patience) {
        Figures last = report();
        long since = System.nanoTime();
        while (last.events() < events && System.nanoTime() - since < patience.toNanos()) {
            LockSupport.parkNanos(5_000_000);
            Figures now = report();
            since = now.events() > last.events() ? System.nanoTime() : since;
            last = now;
        }
        return last;
    }

    private Figures ask(String command) {
        commands.println(command);
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("the subscriber ended");
            }
            String[] f = line.split(" ");
            return new Figures(
                    Long.parseLong(f[0]),
                    Long.parseLong(f[1]),
                    Long.parseLong(f[2]),
                    Long.parseLong(f[3]),
                    Long.parseLong(f[4]),
                    Long.parseLong(f[5]),
                    Long.parseLong(f[6]),
                    Long.parseLong(f[7]),
                    Long.parseLong(f[8]),
                    Long.parseLong(f[9]));
        } catch (IOException e) {
            throw new IllegalStateException("the subscriber ended", e);
        }
    }

    @Override
    public void close() {
        commands.close();
        try {
            if (!process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
