package dev.realtime.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Parsers from npm, in the versions of the lock file, run by Node. Installed once, below {@code target}. */
final class NodeParsers {
    private static final Path SOURCES = Path.of("src", "test", "node");
    private static final Path FOLDER = Path.of("target", "node");
    private static final int SECONDS = 100;

    private NodeParsers() {}

    /** Installs them. Where there is no Node, or npm cannot, the test is skipped; where CI=true, it fails. */
    static void requireInstalled() throws IOException {
        String absent;
        try {
            String version = output(List.of("node", "--version"), Path.of("."));
            if (version.matches("(?s)v(2[0-9]|[3-9][0-9])\\..*")) {
                install();
                return;
            }
            absent = "Node " + version.strip() + " is older than 20";
        } catch (IOException e) {
            absent = "Node 20 or npm is missing: " + e.getMessage();
        }
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError("CI=true, but " + absent);
        }
        // Past the redirection of the tests' own output, so that the build shows it.
        PrintStream build = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        build.println("Parsers from npm are not tried: " + absent);
        assumeTrue(false, absent);
    }

    /** What this parser makes of the stream: a JSON array of [event, id, data] for each frame. */
    static String parse(String parser, URI stream, List<String> names) throws IOException {
        List<String> command = new ArrayList<>(List.of("node", "parsers.mjs", parser, stream.toString()));
        command.addAll(names);
        return output(command, FOLDER);
    }

    private static synchronized void install() throws IOException {
        Files.createDirectories(FOLDER);
        Path lock = FOLDER.resolve("package-lock.json");
        boolean installed = Files.exists(FOLDER.resolve(Path.of("node_modules", "eventsource", "package.json")))
                && Files.mismatch(lock, SOURCES.resolve("package-lock.json")) < 0;
        for (String file : List.of("package.json", "package-lock.json", "parsers.mjs")) {
            Files.copy(SOURCES.resolve(file), FOLDER.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (!installed) {
            output(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"), FOLDER);
        }
    }

    private static String output(List<String> command, Path folder) throws IOException {
        File out = File.createTempFile("node", ".out");
        File err = File.createTempFile("node", ".err");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectOutput(out)
                    .redirectError(err)
                    .start();
            try {
                if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw new IOException(command.get(0) + " failed: " + Files.readString(err.toPath()));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            } finally {
                process.destroyForcibly();
            }
            return Files.readString(out.toPath(), StandardCharsets.UTF_8);
        } finally {
            Files.delete(out.toPath());
            Files.delete(err.toPath());
        }
    }
}
