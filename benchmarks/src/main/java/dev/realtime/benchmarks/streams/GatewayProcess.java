package dev.realtime.benchmarks.streams;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The gateway as it is shipped, in a JVM of its own: {@code java -jar realtime-gateway.jar}. */
final class GatewayProcess implements AutoCloseable {
    private final Process process;
    private final int port;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    GatewayProcess(Path jar, List<String> jvmOptions, Map<String, String> settings) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(jvmOptions);
        command.addAll(List.of("-jar", jar.toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PORT", "0");
        builder.environment().put("REALTIME_AUTH", "none");
        builder.environment().put("REALTIME_STOP_DELAY_SECONDS", "0");
        builder.environment().putAll(settings);
        process = builder.start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        port = listening(said);
        Thread rest = new Thread(() -> said.lines().forEach(System.err::println), "gateway-output");
        rest.setDaemon(true);
        rest.start();
    }

    private static int listening(BufferedReader said) throws IOException {
        StringBuilder before = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith("Listening on ")) {
                return URI.create(line.substring("Listening on ".length(), line.indexOf(',')))
                        .getPort();
            }
            before.append(line).append('\n');
        }
        throw new IOException("the gateway did not start: " + before);
    }

    int port() {
        return port;
    }

    /** The cursor of the log's head. */
    String cursor() throws IOException, InterruptedException {
        String answer = http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/realtime/position"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return answer.replaceAll(".*\"cursor\":\"([^\"]+)\".*", "$1");
    }

    /** Resident memory, in KiB. Linux only. */
    long residentKiB() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
