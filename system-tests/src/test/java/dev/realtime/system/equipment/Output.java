package dev.realtime.system.equipment;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** Keeps what a process writes, line by line, as it comes. Thread-safe. */
public final class Output {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Thread reader;

    Output(String name, InputStream stream) {
        reader = new Thread(() -> read(stream), name);
        reader.setDaemon(true);
        reader.start();
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    public List<String> lines(Predicate<String> wanted) {
        return lines.stream().filter(wanted).toList();
    }

    public String text() {
        return String.join("\n", lines);
    }

    /** Returns when the process has closed it: then nothing is missing. */
    void awaitEnd() throws InterruptedException {
        reader.join(Patience.ALL.toMillis());
    }

    private void read(InputStream stream) {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
            }
        } catch (IOException killed) {
            lines.add("(cut: " + killed.getMessage() + ")");
        }
    }
}
