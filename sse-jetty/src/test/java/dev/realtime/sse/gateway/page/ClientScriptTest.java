package dev.realtime.sse.gateway.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.realtime.sse.gateway.equipment.TestGateway;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The browser's client: how it is served, and its own tests, which need Node. */
class ClientScriptTest {
    private static final String PATH = "/realtime/realtime.js";
    private static final Path SCRIPT = Path.of("../client/realtime.js");
    private static final Path TESTS = Path.of("../client/test");
    private static final int SECONDS = 250;

    @Test
    void itIsServedToEverybodyAndAgainOnlyIfItIsNew() throws IOException {
        try (TestGateway gateway = TestGateway.startWithTokens()) {
            HttpResponse<String> answer = gateway.get(PATH);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(Files.readString(SCRIPT));
            assertThat(answer.headers().firstValue("Content-Type").orElseThrow().replace(" ", ""))
                    .isEqualToIgnoringCase("text/javascript;charset=utf-8");
            assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-cache");
            String tag = answer.headers().firstValue("ETag").orElseThrow();

            HttpResponse<String> again = gateway.get(PATH, "If-None-Match", tag);
            assertThat(again.statusCode()).isEqualTo(304);
            assertThat(again.body()).isEmpty();
            assertThat(again.headers().firstValue("ETag")).hasValue(tag);
            assertThat(gateway.get(PATH, "If-None-Match", "\"another\"").statusCode())
                    .isEqualTo(200);

            HttpResponse<String> head = gateway.call("HEAD", PATH, null);
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.headers().firstValue("ETag")).hasValue(tag);
            assertThat(head.body()).isEmpty();
        }
    }

    @Test
    void itsOwnTestsPass() throws IOException, InterruptedException {
        requireNode();
        List<String> command = new ArrayList<>(List.of("node", "--test", "--test-reporter=spec"));
        try (Stream<Path> tests = Files.list(TESTS)) {
            tests.map(Path::toString)
                    .filter(name -> name.endsWith(".test.mjs"))
                    .sorted()
                    .forEach(command::add);
        }
        File output = File.createTempFile("node", ".txt");
        Process node = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        try {
            assertThat(node.waitFor(SECONDS, TimeUnit.SECONDS))
                    .as("it ends within %d s; so far:%n%s", SECONDS, Files.readString(output.toPath()))
                    .isTrue();
            assertThat(node.exitValue()).as(Files.readString(output.toPath())).isZero();
        } finally {
            node.destroyForcibly();
            Files.delete(output.toPath());
        }
    }

    private static void requireNode() {
        try {
            Process version = new ProcessBuilder("node", "--version").start();
            String said = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (said.matches("(?s)v(2[0-9]|[3-9][0-9])\\..*")) {
                return;
            }
        } catch (IOException notThere) {
            // said below
        }
        String absent = "The tests of realtime.js are skipped: there is no Node 20 or newer here";
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError("CI=true, but there is no Node 20 or newer here");
        }
        // Past the redirection of the tests' own output, so that the build shows it.
        PrintStream build = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        build.println(absent);
        assumeTrue(false, absent);
    }
}
