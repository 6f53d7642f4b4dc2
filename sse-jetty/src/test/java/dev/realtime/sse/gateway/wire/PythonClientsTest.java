package dev.realtime.sse.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fault 42 with real clients: each hears an event before the next one is published, and the end as an end. */
@Timeout(60)
class PythonClientsTest {
    private static final Path SCRIPT = Path.of("src", "test", "python", "read_stream.py");
    private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");

    private TestGateway gateway;

    @BeforeEach
    void start() {
        gateway = TestGateway.start(options -> options.withHeartbeat(EndpointOptions.LONGEST_HEARTBEAT));
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http_client", "urllib_request", "urllib3", "requests"})
    void hearsEachEventAtOnce(String client) throws Exception {
        Process python = start(client);
        try (BufferedReader ids = python.inputReader(StandardCharsets.UTF_8)) {
            assertThat(ids.readLine()).as("where it starts").endsWith("-0-0");
            for (int i = 0; i < 3; i++) {
                String cursor = gateway.publish("e" + i);
                assertThat(ids.readLine()).isEqualTo(cursor);
            }
            CompletableFuture<Void> closing = CompletableFuture.runAsync(gateway::close);
            assertThat(ids.readLine()).isEqualTo("end");
            closing.join();
            assertThat(python.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(python.exitValue()).isZero();
        } finally {
            python.destroyForcibly();
        }
    }

    /** By the first Python that has this client. */
    private Process start(String client) throws Exception {
        for (String python : PYTHONS) {
            if (run(
                            python,
                            "-c",
                            "import "
                                    + client.replace("http_client", "http.client")
                                            .replace('_', '.'))
                    == 0) {
                return new ProcessBuilder(python, SCRIPT.toString(), client, stream())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
            }
        }
        String missing = "Python 3 with " + client + " is missing";
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError("CI=true, but " + missing);
        }
        assumeTrue(false, missing);
        throw new IllegalStateException("never reached");
    }

    private static int run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException notThere) {
            return -1;
        }
    }

    private String stream() {
        return "http://127.0.0.1:" + gateway.gateway().port() + "/realtime/stream";
    }
}
