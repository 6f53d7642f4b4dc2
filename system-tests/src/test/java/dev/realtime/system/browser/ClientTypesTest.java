package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The types of realtime.js, as TypeScript takes them. */
class ClientTypesTest {
    private static final Path CLIENT = Path.of("..", "client");
    private static final Path FOLDER = Path.of("target", "types");
    private static final Npm COMPILER = new Npm(
            Path.of("src", "test", "types"),
            FOLDER,
            List.of("tsconfig.json", "usage.ts"),
            Path.of("typescript", "package.json"));

    @ParameterizedTest
    @ValueSource(strings = {"ES2022", "ES2022,DOM"})
    void theyCompileWithAndWithoutABrowsersOwnAndRefuseWhatIsWrong(String libraries) throws IOException {
        COMPILER.requireInstalled();
        Path installed = FOLDER.resolve("node_modules").resolve("realtime-transport");
        Files.createDirectories(installed);
        for (String file : List.of("package.json", "realtime.d.ts")) {
            Files.copy(CLIENT.resolve(file), installed.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        // Fails if it does not compile, or if something that is expected to be refused is not.
        assertThat(COMPILER.node(List.of("node_modules/typescript/bin/tsc", "-p", ".", "--lib", libraries)))
                .isEmpty();
    }
}
