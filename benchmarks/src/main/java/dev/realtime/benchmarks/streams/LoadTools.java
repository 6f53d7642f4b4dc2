package dev.realtime.benchmarks.streams;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Load clients written in C, {@code sseload} and {@code pubload}, so that the client is no bottleneck: they open streams
 * and count, by the time of sending that each event carries, and post events over one connection.
 */
final class LoadTools {
    private static final Pattern FIGURES = Pattern.compile("closed=(\\d+) events=(\\d+) .* min/conn=(\\d+) .*"
            + " span=([0-9.]+)s rate=(\\d+)/s p50=([0-9.]+)ms p99=([0-9.]+)ms");
    private static final int PADDING_BYTES = 150;
    private static final Duration READY = Duration.ofSeconds(30);

    private final Path folder;

    /**
     * What one run of streams saw.
     *
     * @param fewest events on the stream that got fewest
     * @param spanSeconds from the first event to the last
     * @param p50 milliseconds, as p99
     */
    record Figures(
            long closed, long events, long fewest, double spanSeconds, double perSecond, double p50, double p99) {}

    /** What a server is asked for. */
    record Target(String name, int port, String stream, String publish, String body) {
        static Target gateway(int port) {
            return new Target(
                    "gateway",
                    port,
                    "/realtime/stream",
                    "/realtime/events",
                    "{\"event\":\"x\",\"payload\":{\"t\":%t,\"p\":\"%p\"}}");
        }

        /** A channel of its own, so that no earlier run's buffer is heard. */
        static Target nchan(int port, String channel) {
            return new Target("nchan", port, "/sub?id=" + channel, "/pub?id=" + channel, "{\"t\":%t,\"p\":\"%p\"}");
        }

        Target from(String cursor) {
            return new Target(name, port, stream + "?lastEventId=" + cursor, publish, body);
        }
    }

    LoadTools(Path folder) {
        this.folder = folder;
    }

    /** Streams that have all been opened; ends by itself. */
    final class Streams {
        private final Process process;
        private final Path out;

        private Streams(Target target, int streams, int seconds, long events) throws IOException, InterruptedException {
            Path err = Files.createTempFile("streams", ".err");
            out = Files.createTempFile("streams", ".out");
            process = new ProcessBuilder(
                            tool("sseload"),
                            Integer.toString(streams),
                            Integer.toString(seconds),
                            Long.toString(events),
                            target.stream(),
                            Integer.toString(target.port()))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            long since = System.nanoTime();
            while (!Files.readString(err).contains("ready " + streams) && process.isAlive()) {
                if (System.nanoTime() - since > READY.toNanos()) {
                    throw new IOException(target.name() + ": not all streams were opened: " + Files.readString(err));
                }
                LockSupport.parkNanos(20_000_000);
            }
            Files.delete(err);
        }

        /** When all events have come, or the time is over. */
        Figures figures() throws IOException, InterruptedException {
            process.waitFor();
            String line = Files.readString(out);
            Files.delete(out);
            Matcher m = FIGURES.matcher(line);
            if (!m.find()) {
                throw new IOException("not what sseload prints: " + line);
            }
            return new Figures(
                    Long.parseLong(m.group(1)),
                    Long.parseLong(m.group(2)),
                    Long.parseLong(m.group(3)),
                    Double.parseDouble(m.group(4)),
                    Double.parseDouble(m.group(5)),
                    Double.parseDouble(m.group(6)),
                    Double.parseDouble(m.group(7)));
        }
    }

    /** @param events after so many on each stream it ends at once; 0 for after the time only */
    Streams open(Target target, int streams, int seconds, long events) throws IOException, InterruptedException {
        return new Streams(target, streams, seconds, events);
    }

    /**
     * Posts events, each when the one before was answered.
     *
     * @param rate a second; 0 for flat out
     */
    void publish(Target target, long events, int rate) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                tool("pubload"),
                Long.toString(events),
                Integer.toString(rate),
                Integer.toString(target.port()),
                target.publish(),
                target.body(),
                Integer.toString(PADDING_BYTES)));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.PIPE)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0 || !said.contains(" bad=0 ")) {
            throw new IOException(target.name() + " refused: " + said);
        }
    }

    private String tool(String name) throws IOException {
        File tool = folder.resolve(name).toFile();
        if (!tool.canExecute()) {
            throw new IOException(tool + " is no program; see docs/BENCHMARKS.md");
        }
        return tool.getPath();
    }
}
