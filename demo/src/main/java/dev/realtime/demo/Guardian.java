package dev.realtime.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A shell that waits for our end, whatever that is, and then stops Postgres and removes its folder. Ctrl-C reaches it
 * as it reaches us, and it does not mind. Thread-safe.
 */
final class Guardian {
    private static final int PATIENCE_SECONDS = 20;
    /** Arguments: the folder, its data, and the command that stops the server. */
    private static final String SCRIPT = """
            trap '' INT TERM HUP
            folder=$1 data=$2
            shift 2
            read -r nothing
            if [ -f "$data/postmaster.pid" ]; then
              "$@" -m fast || "$@" -m immediate
            fi
            rm -rf "$folder"
            """;

    private final Process shell;

    private Guardian(Process shell) {
        this.shell = shell;
    }

    static Guardian of(DemoFolder folder, List<String> stop) throws IOException {
        Stream<String> script = Stream.of(
                "sh",
                "-c",
                SCRIPT,
                "guardian",
                folder.path().toString(),
                folder.data().toString());
        return new Guardian(
                new ProcessBuilder(Stream.concat(script, stop.stream()).toList())
                        .directory(Path.of("/").toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start());
    }

    /** Lets it do its work now, and waits for it. */
    void release() throws IOException {
        shell.getOutputStream().close();
        try {
            if (!shell.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                shell.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
