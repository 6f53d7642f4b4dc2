package dev.realtime.transport.testkit.servers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import redis.embedded.core.ExecutableProvider;

/** The program {@code redis-server}, and where it is from: {@code redis-server} (on the PATH) or {@code embedded}. */
record RedisBinary(Path program, String source) {
    private static final String NAME = "redis-server";

    /** The one on the PATH, else the embedded one, unpacked into {@code folder}. */
    static RedisBinary found(String path, ServerFolder folder) {
        return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(path)
                .filter(each -> !each.isBlank())
                .map(each -> Path.of(each, NAME))
                .filter(Files::isExecutable)
                .findFirst()
                .map(program -> new RedisBinary(program, NAME))
                .orElseGet(() -> embedded(folder));
    }

    private static RedisBinary embedded(ServerFolder folder) {
        try {
            File program = ExecutableProvider.newJarResourceProvider(
                            folder.path().toFile())
                    .get();
            return new RedisBinary(program.toPath(), "embedded");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
