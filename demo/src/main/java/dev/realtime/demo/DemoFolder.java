package dev.realtime.demo;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The one temporary folder of a demo; its name says whose. A demo that was killed leaves one, for the next to clear. */
record DemoFolder(Path path) {
    private static final String PREFIX = "realtime-demo-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "([0-9]{1,18})-[0-9]+");
    private static final Pattern PROCESS_ID = Pattern.compile("[0-9]{1,18}");
    private static final int STOP_SECONDS = 10;

    static DemoFolder create() throws IOException {
        Path path = Files.createTempDirectory(PREFIX + ProcessHandle.current().pid() + "-");
        // Postgres may have to run as another user, who must get to its data.
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
        return new DemoFolder(path);
    }

    /** Clears what our user's demos of which nothing is left have not cleared themselves. */
    static void clearLeftovers(DemoFolder own) throws IOException {
        Object us = Files.getOwner(own.path);
        try (DirectoryStream<Path> others = Files.newDirectoryStream(own.path.resolveSibling(""), PREFIX + "*")) {
            for (Path other : others) {
                if (!other.equals(own.path) && isAbandoned(other) && us.equals(owner(other))) {
                    new DemoFolder(other).clear();
                }
            }
        }
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    Path data() {
        return resolve("data");
    }

    /** Ends the Postgres that runs in it, if one does, and deletes it with all that is in it. */
    void clear() throws IOException {
        postgres().ifPresent(DemoFolder::end);
        try {
            for (Path each : deepestFirst()) {
                Files.deleteIfExists(each);
            }
        } catch (NoSuchFileException gone) {
            // as wished
        }
    }

    private static boolean isAbandoned(Path folder) {
        Matcher name = NAME.matcher(folder.getFileName().toString());
        return name.matches() && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && !isAnother(name.group(1));
    }

    private static boolean isAnother(String process) {
        long id = Long.parseLong(process);
        return id != ProcessHandle.current().pid() && ProcessHandle.of(id).isPresent();
    }

    private static Object owner(Path folder) throws IOException {
        return Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS);
    }

    /** The process that the server's own file names, if that is it still. */
    private Optional<ProcessHandle> postgres() throws IOException {
        Path file = data().resolve("postmaster.pid");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(file);
        if (lines.isEmpty() || !PROCESS_ID.matcher(lines.get(0)).matches()) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(lines.get(0)))
                .filter(process -> process.info().commandLine().orElse("").contains(path.toString()));
    }

    private static void end(ProcessHandle process) {
        process.destroy();
        if (!hasEnded(process)) {
            process.destroyForcibly();
            hasEnded(process);
        }
    }

    private static boolean hasEnded(ProcessHandle process) {
        return process.onExit()
                .thenApply(ended -> true)
                .completeOnTimeout(false, STOP_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    private List<Path> deepestFirst() throws IOException {
        try (Stream<Path> all = Files.walk(path)) {
            return all.sorted(Comparator.reverseOrder()).toList();
        }
    }
}
