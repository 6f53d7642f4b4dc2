package dev.realtime.sse.gateway;

import dev.realtime.transport.settings.Settings;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Says whether the transport works with these settings, and what is wrong if not. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Opens the transport and says how it is. Exits with 0 if events flow, else with 1.")
final class DoctorCommand implements Callable<Integer> {
    private final Settings settings;
    private final PrintWriter out;

    DoctorCommand(Settings settings, PrintWriter out) {
        this.settings = settings;
        this.out = out;
    }

    @Override
    public Integer call() {
        GatewaySettings.from(settings);
        return StatusCheck.run(settings, out);
    }
}
