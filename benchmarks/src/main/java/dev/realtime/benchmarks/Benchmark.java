package dev.realtime.benchmarks;

import java.util.concurrent.Callable;

/** One benchmark: makes its own server, prints one table, and ends what it started. */
abstract class Benchmark implements Callable<Integer> {
    @Override
    public final Integer call() throws Exception {
        try (BenchDatabase database = new BenchDatabase()) {
            run(database);
        }
        return 0;
    }

    abstract void run(BenchDatabase database) throws Exception;

    static Report report(String title, String... columns) {
        return new Report(System.out, title, columns);
    }
}
