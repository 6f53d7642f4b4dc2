package dev.realtime.system.equipment;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An instance of the gateway that serves, as a process of its own. Thread-safe. */
public final class GatewayProcess implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("Listening on (http://\\S+), transport .*");

    private final GatewayCommand command;

    private GatewayProcess(GatewayCommand command) {
        this.command = command;
    }

    /** Starts one, on any port and without authentication unless the settings say otherwise; returns at once. */
    public static GatewayProcess starting(Map<String, String> settings) {
        return starting(GatewayCommand.Room.USUAL, settings);
    }

    public static GatewayProcess starting(GatewayCommand.Room room, Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(settings);
        environment.putIfAbsent("PORT", "0");
        environment.putIfAbsent("REALTIME_STOP_DELAY_SECONDS", "0"); // nothing balances here
        environment.putIfAbsent("REALTIME_AUTH", "none");
        return new GatewayProcess(GatewayCommand.start(room, environment, "serve"));
    }

    /** Starts one, and returns when it takes requests. */
    public static GatewayProcess listening(Map<String, String> settings) {
        return starting(settings).awaitListening();
    }

    /** Starts one, and returns when events flow. */
    public static GatewayProcess ready(Map<String, String> settings) {
        return starting(settings).awaitReady();
    }

    public GatewayProcess awaitListening() {
        Patience.until("a gateway listens", () -> {
            if (!command.isAlive()) {
                throw new AssertionError("the gateway has ended:\n" + command.everything());
            }
            return !listeningLines().isEmpty();
        });
        return this;
    }

    public GatewayProcess awaitReady() {
        awaitListening();
        Patience.until("a gateway is ready", () -> client().get("/readyz").status() == 200);
        return this;
    }

    /** Where it listens. */
    public URI address() {
        Matcher line = LISTENING.matcher(listeningLines().get(0));
        if (!line.matches()) {
            throw new AssertionError("not the listening line: " + listeningLines());
        }
        return URI.create(line.group(1));
    }

    /** The figure of this name, as {@code /metrics} has it; 0 if it has none. */
    public double figure(String name) {
        return client().figure(name);
    }

    /** Asks it, without a credential. */
    public GatewayClient client() {
        return new GatewayClient(address(), Map.of());
    }

    /** Asks it with this token. */
    public GatewayClient client(String token) {
        return new GatewayClient(address(), Map.of("Authorization", "Bearer " + token));
    }

    /** What it has logged. */
    public Output log() {
        return command.err();
    }

    public String everything() {
        return command.everything();
    }

    public boolean isAlive() {
        return command.isAlive();
    }

    /** SIGSTOP: it is there, and does nothing. */
    public void freeze() {
        command.signal("STOP");
    }

    /** SIGCONT. */
    public void thaw() {
        command.signal("CONT");
    }

    /** SIGTERM. */
    public void terminate() {
        command.terminate();
    }

    /** Waits for its end; returns the exit code. */
    public int awaitExit() {
        return command.awaitExit();
    }

    /** SIGKILL. */
    public void kill() {
        command.kill();
    }

    @Override
    public void close() {
        command.close();
    }

    private List<String> listeningLines() {
        return command.out().lines(line -> line.startsWith("Listening on "));
    }
}
