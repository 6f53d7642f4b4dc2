package dev.realtime.transport.postgres.equipment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The migrations that there are, by their files. */
public final class Migrations {
    private static final Path FOLDER = Path.of("src/main/resources/dev/realtime/transport/postgres/migration");
    private static final Pattern NAME = Pattern.compile("V([0-9]+)__.*\\.sql");

    private Migrations() {}

    /** Their versions, oldest first. */
    public static List<Integer> versions() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.flatMap(
                            file -> NAME.matcher(file.getFileName().toString()).results())
                    .map((MatchResult match) -> Integer.valueOf(match.group(1)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static int newest() {
        return versions().get(versions().size() - 1);
    }
}
