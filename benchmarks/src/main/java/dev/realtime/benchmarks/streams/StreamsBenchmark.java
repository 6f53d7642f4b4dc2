package dev.realtime.benchmarks.streams;

import dev.realtime.benchmarks.equipment.BenchDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A benchmark of the gateway and its streams. Starts and ends the gateway; nchan, if wanted, runs already. */
abstract class StreamsBenchmark implements Callable<Integer> {
    @Option(names = "--tools", required = true, description = "Folder with sseload and pubload.")
    private Path tools = Path.of(".");

    @Option(
            names = "--gateway",
            description = "The gateway's jar, default ${DEFAULT-VALUE}.",
            defaultValue = "sse-jetty/target/realtime-gateway.jar")
    private Path jar = Path.of(".");

    @Option(names = "--jvm", description = "An option for the gateway's JVM; may be repeated.")
    private List<String> jvmOptions = List.of();

    @Option(names = "--nchan", description = "The port on which nchan serves /sub and /pub; 0, the default, for none.")
    int nchanPort;

    @Option(names = "--rounds", description = "Default ${DEFAULT-VALUE}; the first warms up.", defaultValue = "3")
    int rounds;

    @Option(names = "--streams", description = "Default ${DEFAULT-VALUE}.", defaultValue = "1000")
    int streams;

    @Option(names = "--postgres", description = "Over a Postgres of its own in place of the memory transport.")
    private boolean postgres;

    @Override
    public final Integer call() throws Exception {
        if (!postgres) {
            try (GatewayProcess gateway = new GatewayProcess(jar, jvmOptions, Map.of("REALTIME_TRANSPORT", "memory"))) {
                run(new LoadTools(tools), gateway);
            }
            return 0;
        }
        try (BenchDatabase database = new BenchDatabase();
                GatewayProcess gateway = new GatewayProcess(
                        jar, jvmOptions, Map.of("REALTIME_TRANSPORT", "postgres", "DATABASE_URL", database.url()))) {
            run(new LoadTools(tools), gateway);
        }
        return 0;
    }

    abstract void run(LoadTools tools, GatewayProcess gateway) throws Exception;
}
