package dev.realtime.benchmarks.equipment;

import java.util.concurrent.Callable;

/** One benchmark: makes its own server, prints one table, and ends what it started. */
public abstract class Benchmark implements Callable<Integer> {
    @Override
    public final Integer call() throws Exception {
        try (BenchDatabase database = new BenchDatabase()) {
            run(database);
        }
        return 0;
    }

    protected abstract void run(BenchDatabase database) throws Exception;

    public static Report report(String title, String... columns) {
        return new Report(System.out, title, columns);
    }
}
