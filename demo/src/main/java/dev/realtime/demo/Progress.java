package dev.realtime.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Tells the person at the terminal what goes on: a line for every step, and more while a step takes long. Thread-safe. */
final class Progress {
    private static final Duration LONG = Duration.ofSeconds(2);

    private final PrintStream out;
    private final long begin = System.nanoTime();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "progress");
        thread.setDaemon(true);
        return thread;
    });

    private String step = "Starting";
    private long spoken = begin;

    Progress(PrintStream out) {
        this.out = out;
        clock.scheduleWithFixedDelay(this::remind, 500, 500, TimeUnit.MILLISECONDS);
    }

    /** What is being done from now on. */
    synchronized void step(String what) {
        step = what;
        timed(what);
    }

    /** A line as it is. */
    synchronized void say(String line) {
        out.println(line);
        out.flush();
        spoken = System.nanoTime();
    }

    /** No step is being done any more. */
    void done() {
        clock.shutdownNow();
    }

    /** How long it has been going on. */
    String elapsed() {
        return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - begin) / 1e9);
    }

    private synchronized void remind() {
        if (System.nanoTime() - spoken > LONG.toNanos()) {
            timed("… " + step);
        }
    }

    private void timed(String line) {
        say(String.format(Locale.ROOT, "%7s  %s", elapsed(), line));
    }
}
