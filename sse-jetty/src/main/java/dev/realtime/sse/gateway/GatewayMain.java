package dev.realtime.sse.gateway;

import dev.realtime.transport.event.InvalidInputException;
import dev.realtime.transport.settings.Secrets;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;

/** The command line. Exit codes: 0 done, 1 failed, 2 wrong settings or arguments. */
public final class GatewayMain {
    private static final String LOGBACK_FILE = "logback.configurationFile";
    private static final int FAILED = 1;
    private static final int WRONG_SETTINGS = 2;

    private GatewayMain() {}

    public static void main(String[] args) {
        if (System.getProperty(LOGBACK_FILE) == null) {
            System.setProperty(LOGBACK_FILE, "dev/realtime/sse/gateway/logback.xml");
        }
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        int exit = run(
                Settings.fromEnvironment(),
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                args);
        System.exit(exit);
    }

    /** Runs one command to its end; returns the exit code. */
    public static int run(Settings settings, PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new ServeCommand(settings, out))
                .addSubcommand("serve", new ServeCommand(settings, out))
                .addSubcommand("publish", new PublishCommand(settings, out))
                .addSubcommand("tail", new TailCommand(settings, out))
                .addSubcommand("migrate", new MigrateCommand(settings, out))
                .addSubcommand("doctor", new DoctorCommand(settings, out))
                .setCommandName("realtime-gateway")
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    err.println("realtime-gateway: " + oneLine(failure));
                    boolean wrong = failure instanceof SettingsException || failure instanceof InvalidInputException;
                    return wrong ? WRONG_SETTINGS : FAILED;
                })
                .execute(args);
    }

    private static String oneLine(Throwable failure) {
        return Secrets.messageOf(failure).replaceAll("\\R", " ");
    }
}
