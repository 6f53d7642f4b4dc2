package dev.realtime.benchmarks.equipment;

import java.io.PrintStream;
import java.util.Locale;

/** Prints a table in Markdown, a row as soon as it is known. */
public final class Report {
    private final PrintStream out;

    Report(PrintStream out, String title, String... columns) {
        this.out = out;
        out.println();
        out.println("### " + title);
        out.println();
        row((Object[]) columns);
        out.println("|---".repeat(columns.length) + "|");
    }

    public void row(Object... cells) {
        StringBuilder line = new StringBuilder("|");
        for (Object cell : cells) {
            line.append(' ').append(cell).append(" |");
        }
        out.println(line);
        out.flush();
    }

    public static String perSecond(double rate) {
        return String.format(Locale.ROOT, "%,.0f/s", rate);
    }

    public static String ratio(double ratio) {
        return String.format(Locale.ROOT, "%.2f", ratio);
    }

    public static String millis(long micros) {
        return String.format(Locale.ROOT, "%.2f ms", micros / 1_000.0);
    }
}
