package dev.realtime.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Who runs Postgres, which refuses to run as root. Root runs it in a user namespace of its own, in which nobody is root;
 * or, where a container forbids that, as the user {@code nobody}. Both need only util-linux.
 */
enum PostgresUser {
    /** We are not root. */
    OURSELVES(),
    /** It sees itself as an unknown user, and keeps our access to files. */
    NAMESPACE("unshare", "-U", "--"),
    /** Another user, who must own the files it writes. */
    NOBODY("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");

    private static final Integer ROOT = 0;
    private static final Integer NOBODYS_ID = 65_534;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> prefix;

    PostgresUser(String... prefix) {
        this.prefix = List.of(prefix);
    }

    /** The first who can, where this folder is ours. */
    static PostgresUser forOwnerOf(Path folder) throws IOException {
        if (!ROOT.equals(Files.getAttribute(folder, "unix:uid"))) {
            return OURSELVES;
        }
        return Stream.of(NAMESPACE, NOBODY)
                .filter(PostgresUser::works)
                .findFirst()
                .orElseThrow(() -> new DemoException("Postgres refuses to run as root, and neither unshare -U nor"
                        + " setpriv works here: start the demo as another user"));
    }

    /** The command that runs this one. */
    List<String> command(List<String> command) {
        return Stream.concat(prefix.stream(), command.stream()).toList();
    }

    /** Lets it write to a folder of ours. */
    void handOver(Path folder) throws IOException {
        if (this == NOBODY) {
            Files.setAttribute(folder, "unix:uid", NOBODYS_ID);
        }
    }

    boolean works() {
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
