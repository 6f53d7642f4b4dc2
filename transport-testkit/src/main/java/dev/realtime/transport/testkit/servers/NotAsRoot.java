package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * How to run a program that refuses to run as root, where root is who runs the tests: in a user namespace
 * of its own, in which nobody is root; or, where a container forbids that, as the user {@code nobody}.
 * Both need only util-linux. Anybody else runs it as it is.
 */
enum NotAsRoot {
    /** We are not root. */
    PLAIN(),
    /** The program sees itself as an unknown user, and keeps our access to files. */
    NAMESPACE("unshare", "-U", "--"),
    /** The program is another user, who must own the files it writes. */
    NOBODY("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");

    private static final Integer ROOT = 0;
    private static final Integer NOBODYS_ID = 65_534;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> prefix;

    NotAsRoot(String... prefix) {
        this.prefix = List.of(prefix);
    }

    /** The first way that works here. */
    static NotAsRoot here() {
        if (!weAreRoot()) {
            return PLAIN;
        }
        return Stream.of(NAMESPACE, NOBODY)
                .filter(NotAsRoot::works)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "Postgres refuses to run as root, and neither unshare -U nor setpriv works here"));
    }

    private static boolean weAreRoot() {
        ServerFolder ours = ServerFolder.create("owner");
        boolean root = ROOT.equals(owner(ours.path()));
        ours.delete();
        return root;
    }

    /** The user id of who owns a file. */
    static Object owner(Path file) {
        try {
            return Files.getAttribute(file, "unix:uid");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command that runs this one. */
    List<String> command(List<String> command) {
        return Stream.concat(prefix.stream(), command.stream()).toList();
    }

    /** Lets the program write to a folder of ours. */
    void handOver(Path folder) {
        if (this != NOBODY) {
            return;
        }
        try {
            Files.setAttribute(folder, "unix:uid", NOBODYS_ID);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean works() {
        try {
            Process process = new ProcessBuilder(command(List.of("true")))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException notThere) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
