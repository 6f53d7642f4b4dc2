package dev.realtime.sse.gateway;

import dev.realtime.transport.settings.Settings;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Brings the backend's schema up to date, as every start does, and nothing else. */
@Command(
        name = "migrate",
        mixinStandardHelpOptions = true,
        description = "Opens the transport once, which brings its schema up to date, and says how it is.")
final class MigrateCommand implements Callable<Integer> {
    private final Settings settings;
    private final PrintWriter out;

    MigrateCommand(Settings settings, PrintWriter out) {
        this.settings = settings;
        this.out = out;
    }

    @Override
    public Integer call() {
        return StatusCheck.run(settings, out);
    }
}
