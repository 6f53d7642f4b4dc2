package dev.realtime.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The demo as a process of its own, as it runs from its jar, and all that belongs to it. */
final class DemoChild implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    final DemoSettings ports;
    private final Process process;
    private final Set<ProcessHandle> family = new HashSet<>();

    private DemoChild(DemoSettings ports, Process process) {
        this.ports = ports;
        this.process = process;
    }

    /** Returns when the demo says that it is ready. */
    static DemoChild started(DemoSettings ports, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                DemoMain.class.getName());
        builder.environment().putAll(environment);
        builder.environment().put(DemoSettings.PAGE_KEY, Integer.toString(ports.page()));
        builder.environment().put(DemoSettings.A_KEY, Integer.toString(ports.a()));
        builder.environment().put(DemoSettings.B_KEY, Integer.toString(ports.b()));
        DemoChild child = new DemoChild(ports, builder.redirectErrorStream(true).start());
        try {
            child.awaitReady();
            return child;
        } catch (Throwable e) {
            child.close();
            throw e;
        }
    }

    /** Its processes, Postgres and its workers included. */
    Set<ProcessHandle> family() {
        return family;
    }

    List<Path> folders() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(path -> path.getFileName().toString().startsWith(folderName()))
                    .toList();
        }
    }

    String page() throws IOException, InterruptedException {
        return HTTP.send(
                        HttpRequest.newBuilder(URI.create(ports.pageAddress())).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** Publishes through one gateway as the page does, and returns when it has arrived on the stream of the other. */
    void carry(int via, int to) throws IOException, InterruptedException {
        HttpRequest stream = fromPage(to, "/realtime/stream").build();
        try (Stream<String> lines =
                HTTP.send(stream, HttpResponse.BodyHandlers.ofLines()).body()) {
            Iterator<String> arriving = lines.iterator();
            awaitLine(arriving, "event: realtime.live");
            String id = UUID.randomUUID().toString();
            HttpRequest post = fromPage(via, "/realtime/events")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"event\":\"demo.click\",\"id\":\"" + id + "\"}"))
                    .build();
            HttpResponse<String> answer = HTTP.send(post, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
            assertThat(answer.headers().firstValue("Access-Control-Allow-Origin"))
                    .hasValue(ports.pageAddress());
            awaitLine(arriving, id);
        }
    }

    /** As Ctrl-C or a service manager would. */
    void stop() {
        process.destroy();
    }

    /** As nobody should. */
    void kill() {
        process.destroyForcibly();
    }

    /** Returns when neither a process nor a folder of it is left. */
    void awaitNothingLeft() throws IOException {
        Awaitility.await().atMost(PATIENCE).until(() -> family.stream().noneMatch(DemoChild::runs));
        Awaitility.await().atMost(PATIENCE).until(() -> folders().isEmpty());
        assertThat(ProcessHandle.allProcesses().filter(this::isOurs)).isEmpty();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        awaitNothingLeft();
    }

    private void awaitReady() throws IOException {
        List<String> said = new ArrayList<>();
        BufferedReader output = process.inputReader();
        boolean ready = false;
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            said.add(line);
            ready |= line.startsWith("Ready after");
            if (line.startsWith("Ctrl-C stops")) {
                break;
            }
        }
        assertThat(ready).as(String.join("\n", said)).isTrue();
        remember();
    }

    private void remember() {
        family.add(process.toHandle());
        process.descendants().forEach(family::add);
        Set<ProcessHandle> apart =
                ProcessHandle.allProcesses().filter(this::isOurs).collect(Collectors.toSet());
        apart.forEach(each -> each.descendants().forEach(family::add));
        family.addAll(apart);
    }

    /** What has ended but was not yet asked for its exit code has no command line any more. */
    static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().commandLine().isPresent();
    }

    private boolean isOurs(ProcessHandle other) {
        return other.info().commandLine().orElse("").contains(folderName());
    }

    private String folderName() {
        return "realtime-demo-" + process.pid() + "-";
    }

    private HttpRequest.Builder fromPage(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://" + DemoSettings.HOST + ":" + port + path))
                .timeout(PATIENCE)
                .header("Origin", ports.pageAddress());
    }

    private static void awaitLine(Iterator<String> arriving, String part) {
        while (!arriving.next().contains(part)) {
            // another frame
        }
    }
}
