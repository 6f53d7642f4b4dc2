package dev.realtime.system.equipment;

import dev.realtime.sse.gateway.GatewayMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The gateway's command line in a JVM of its own, with this environment and nothing else in it. What it has written is
 * searched for secrets when it is closed. It does not outlive this JVM. Thread-safe.
 */
public final class GatewayCommand implements AutoCloseable {
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly), "gateways-exit"));
    }

    private final Process process;
    private final Output out;
    private final Output err;

    private GatewayCommand(Process process) {
        this.process = process;
        this.out = new Output("gateway-out-" + process.pid(), process.getInputStream());
        this.err = new Output("gateway-err-" + process.pid(), process.getErrorStream());
    }

    /** What a process may use. */
    public record Room(int heapMegabytes, int descriptors) {
        static final Room USUAL = new Room(256, 0);

        public static Room ofHeap(int megabytes) {
            return new Room(megabytes, 0);
        }

        public static Room ofDescriptors(int descriptors) {
            return new Room(USUAL.heapMegabytes, descriptors);
        }

        /** A shell that limits itself and then is the program. */
        private List<String> prefix() {
            return descriptors == 0
                    ? List.of()
                    : List.of("sh", "-c", "ulimit -n " + descriptors + " && exec \"$0\" \"$@\"");
        }
    }

    public static GatewayCommand start(Map<String, String> environment, String... arguments) {
        return start(Room.USUAL, environment, arguments);
    }

    public static GatewayCommand start(Room room, Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(room.prefix());
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + room.heapMegabytes() + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                GatewayMain.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            RUNNING.add(process);
            process.onExit().thenRun(() -> RUNNING.remove(process));
            return new GatewayCommand(process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs it to its end. */
    public static GatewayCommand run(Map<String, String> environment, String... arguments) {
        GatewayCommand command = start(environment, arguments);
        command.awaitExit();
        command.close();
        return command;
    }

    /** Waits for the end; returns the exit code. */
    public int awaitExit() {
        try {
            if (!process.waitFor(Patience.ALL.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("still runs:\n" + everything());
            }
            out.awaitEnd();
            err.awaitEnd();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    public Output out() {
        return out;
    }

    public Output err() {
        return err;
    }

    /** All that it has written, on both. */
    public String everything() {
        return out.text() + "\n" + err.text();
    }

    /** Asks it to stop, by SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** Ends it by SIGKILL, and returns when it is gone. */
    void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** Sends it a signal by name. */
    void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill -" + name + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        kill();
        Canary.searched("the output of a gateway", everything());
    }
}
