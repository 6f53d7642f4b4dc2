package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.StreamClient;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README says of the endpoint in one's own server, word for word; only the port is any free one. */
class ReadmeExampleTest {
    private static final String HEADING = "### The endpoint in your own server\n";
    private static final String PUBLISH = "pubSub.publish(";

    @TempDir
    private Path folder;

    /** What the example leaves running, last first. */
    private final Deque<AutoCloseable> running = new ArrayDeque<>();

    private String example;
    private StreamClient stream;

    @BeforeEach
    void read() throws Exception {
        String readme = Files.readString(Path.of("..", "README.md"));
        String section = readme.substring(readme.indexOf(HEADING) + HEADING.length());
        int begin = section.indexOf("```java\n") + "```java\n".length();
        example = section.substring(begin, section.indexOf("```", begin));
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : running) {
            each.close();
        }
    }

    @Test
    void fifteenLinesAreEnough() {
        assertThat(example.lines().count()).isLessThanOrEqualTo(15);
    }

    @Test
    void theExampleCompilesAndRunsAndAStreamHearsItsEvent() throws Exception {
        assertThat(example).containsOnlyOnce("8080").containsOnlyOnce(PUBLISH);
        assertThat(errors(example.replace("8080", "0"))).isEmpty();
        run(server -> {
            stream = StreamClient.open(server.getURI().getPort(), "/realtime/stream");
            running.addFirst(stream);
            stream.awaitLive();
        });
        assertThat(stream.next().data())
                .contains(
                        "\"org_id\":\"acme\"",
                        "\"topic\":\"resource:orders\"",
                        "\"payload\":{\"action\":\"update\",\"id\":\"42\"}");
    }

    @Test
    void anExampleThatDoesNotCompileIsNoticed() throws Exception {
        assertThat(errors(example.replace("endpoint.mount", "endpoint.mounted")))
                .contains("mounted");
    }

    /** Compiles the example as the body of a method; before it publishes, the test has its turn. */
    private String errors(String lines) throws Exception {
        String program = lines(lines, line -> line.startsWith("import "))
                + "public class Example {\n"
                + "public static void run(java.util.function.Consumer<java.util.List<Object>> started) throws Exception {\n"
                + lines(lines, line -> !line.startsWith("import "))
                        .replace(PUBLISH, "started.accept(java.util.List.of(pubSub, endpoint, server));\n" + PUBLISH)
                + "}\n}\n";
        Path source = Files.writeString(folder.resolve("Example.java"), program);
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        errors,
                        "-proc:none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        folder.toString(),
                        source.toString());
        return errors.toString(StandardCharsets.UTF_8);
    }

    private static String lines(String text, Predicate<String> which) {
        return text.lines().filter(which).collect(Collectors.joining("\n", "", "\n"));
    }

    /** Runs what was compiled. */
    private void run(Consumer<Server> beforeItPublishes) throws Exception {
        Consumer<List<Object>> started = parts -> {
            Server server = (Server) parts.get(2);
            running.addFirst((AutoCloseable) parts.get(0));
            running.addFirst((AutoCloseable) parts.get(1));
            running.addFirst(server::stop);
            beforeItPublishes.accept(server);
        };
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Method run = loader.loadClass("Example").getMethod("run", Consumer.class);
            run.invoke(null, started);
        }
    }
}
