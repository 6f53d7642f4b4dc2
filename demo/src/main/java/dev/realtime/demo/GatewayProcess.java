package dev.realtime.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One gateway in a JVM of its own. What it prints is shown with its name in front. Killed by somebody else it is
 * started again, as a service in use would be. Thread-safe.
 */
final class GatewayProcess implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration STOP = Duration.ofSeconds(10);
    private static final long PROBE_MILLIS = 100;
    private static final int PROBE_TIMEOUT_MILLIS = 5_000;
    private static final int FIRST_NEEDING_NATIVE_ACCESS = 22;

    private final String name;
    private final int port;
    private final Progress progress;
    private final ProcessBuilder builder;
    private final Thread keeper;

    private volatile boolean wasReady;
    private @Nullable Process process;
    private boolean stopping;

    private GatewayProcess(String name, int port, Progress progress, ProcessBuilder builder) {
        this.name = name;
        this.port = port;
        this.progress = progress;
        this.builder = builder;
        this.keeper = new Thread(this::keep, "gateway-" + name);
    }

    /**
     * Starts it; it is not ready yet.
     *
     * @param settings its part of the environment: nothing else of ours that it would read gets there
     * @param temporary where it may put files
     */
    static GatewayProcess start(
            String name, int port, Map<String, String> settings, Path temporary, Progress progress) {
        ProcessBuilder builder = new ProcessBuilder(command(temporary)).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(GatewayProcess::isReadByGateways);
        environment.putAll(settings);
        environment.put("HOST", DemoSettings.HOST);
        environment.put("PORT", Integer.toString(port));
        GatewayProcess gateway = new GatewayProcess(name, port, progress, builder);
        gateway.keeper.start();
        return gateway;
    }

    /** Where it is. */
    String address() {
        return "http://" + DemoSettings.HOST + ":" + port;
    }

    /** Returns when it takes requests and its transport flows; throws {@link DemoException} if that fails. */
    void awaitReady() throws InterruptedException {
        long deadline = System.nanoTime() + START.toNanos();
        while (!isReady()) {
            keeper.join(PROBE_MILLIS);
            if (!keeper.isAlive()) {
                throw new DemoException(
                        "Gateway " + name + " did not start; what it said is above, after [" + name + "]");
            }
            if (System.nanoTime() > deadline) {
                throw new DemoException("Gateway " + name + " was not ready within " + START.toSeconds() + " s");
            }
        }
        wasReady = true;
    }

    /** Lets it begin to stop. */
    synchronized void askToStop() {
        stopping = true;
        if (process != null) {
            process.toHandle().destroy(); // Process.destroy would close its output, and its last words are of interest
        }
    }

    @Override
    public void close() {
        askToStop();
        try {
            keeper.join(STOP.toMillis());
            if (keeper.isAlive()) {
                kill();
                keeper.join(STOP.toMillis());
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void kill() {
        if (process != null) {
            progress.say("[" + name + "] did not stop within " + STOP.toSeconds() + " s and is killed");
            process.destroyForcibly();
        }
    }

    private void keep() {
        try {
            for (Process running = launch(); running != null; running = launchAgain(running.waitFor())) {
                show(running);
            }
        } catch (IOException e) {
            progress.say("[" + name + "] " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized @Nullable Process launch() throws IOException {
        process = stopping ? null : builder.start();
        return process;
    }

    private @Nullable Process launchAgain(int exit) throws IOException {
        if (!wasReady) {
            return null;
        }
        Process next = launch();
        if (next != null) {
            progress.say("[" + name + "] ended with " + exit + "; it is started again as process " + next.pid());
        }
        return next;
    }

    private void show(Process running) throws IOException {
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                progress.say("[" + name + "] " + line);
            }
        }
    }

    private boolean isReady() {
        try {
            HttpURLConnection request = (HttpURLConnection)
                    URI.create(address() + "/readyz").toURL().openConnection();
            request.setConnectTimeout(PROBE_TIMEOUT_MILLIS);
            request.setReadTimeout(PROBE_TIMEOUT_MILLIS);
            try {
                return request.getResponseCode() == HttpURLConnection.HTTP_OK;
            } finally {
                request.disconnect();
            }
        } catch (IOException notYet) {
            return false;
        }
    }

    private static List<String> command(Path temporary) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.add("-Djava.io.tmpdir=" + temporary);
        if (Runtime.version().feature() >= FIRST_NEEDING_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), DemoGateway.class.getName(), "serve"));
        return command;
    }

    private static boolean isReadByGateways(String key) {
        return key.startsWith("REALTIME_")
                || key.startsWith("DATABASE_")
                || key.startsWith("REDIS_")
                || key.equals("HOST")
                || key.equals("PORT");
    }
}
