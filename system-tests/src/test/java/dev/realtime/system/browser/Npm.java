package dev.realtime.system.browser;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Packages from npm, in the versions of a lock file, run by Node. Installed once, below {@code target}.
 *
 * @param sources the folder with {@code package.json}, its lock file and {@code files}
 * @param folder where they are installed
 * @param files what is copied beside them
 * @param last what is there when they are installed
 */
record Npm(Path sources, Path folder, List<String> files, Path last) {
    private static final int SECONDS = 100;

    /** Installs them. Where there is no Node, or npm cannot, the test is skipped; where CI=true, it fails. */
    void requireInstalled() throws IOException {
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
        build.println("Packages from npm are not tried: " + absent);
        assumeTrue(false, absent);
    }

    /** What Node prints, running this in their folder. */
    String node(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("node"));
        command.addAll(arguments);
        return output(command, folder);
    }

    private void install() throws IOException {
        synchronized (Npm.class) {
            Files.createDirectories(folder);
            Path lock = folder.resolve("package-lock.json");
            boolean installed = Files.exists(folder.resolve("node_modules").resolve(last))
                    && Files.mismatch(lock, sources.resolve("package-lock.json")) < 0;
            List<String> all = new ArrayList<>(List.of("package.json", "package-lock.json"));
            all.addAll(files);
            for (String file : all) {
                Files.copy(sources.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
            }
            if (!installed) {
                output(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"), folder);
            }
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
                    throw new IOException(command.get(0) + " failed: " + Files.readString(err.toPath())
                            + Files.readString(out.toPath()));
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
