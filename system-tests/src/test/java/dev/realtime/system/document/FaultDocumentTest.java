package dev.realtime.system.document;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.platform.commons.support.ReflectionSupport;

/** docs/FAULTS.md and the tests that are marked with {@link Fault} are the same list. */
class FaultDocumentTest {
    private static final Pattern ROW = Pattern.compile("\\| ([0-9]+) \\| .+ \\| .+ \\| `(\\w+)#(\\w+)` \\|");
    /** One that a module tries by itself. */
    private static final Pattern ROW_OF_A_MODULE =
            Pattern.compile("\\| ([0-9]+) \\| .+ \\| .+ \\| `(\\w+)#(\\w+)` in `([a-z-]+)` \\|");
    /** What is promised to be tried. */
    private static final List<Integer> PROMISED = IntStream.of(
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30, 31,
                    32, 33, 34, 35, 36)
            .boxed()
            .toList();

    @Test
    void documentAndTestsAgree() throws IOException {
        List<String> documented = rows().map(row -> row.group(1) + " " + row.group(2) + "#" + row.group(3))
                .toList();

        assertThat(documented)
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(
                        tests().map(test -> test.getAnnotation(Fault.class).value() + " "
                                        + test.getDeclaringClass().getSimpleName() + "#" + test.getName())
                                .toList());
    }

    @Test
    void everyPromisedFaultIsTried() throws IOException {
        assertThat(Stream.concat(rows(), rowsOfModules()).map(row -> Integer.valueOf(row.group(1))))
                .containsAll(PROMISED);
    }

    @Test
    void whatModulesTryByThemselvesIsThere() throws IOException {
        assertThat(rowsOfModules())
                .isNotEmpty()
                .allMatch(row -> sourceOf(row.group(4), row.group(2)).contains(" void " + row.group(3) + "("));
    }

    @Test
    void whatIsMarkedIsRun() {
        assertThat(tests())
                .allMatch(test ->
                        test.isAnnotationPresent(Test.class) || test.isAnnotationPresent(ParameterizedTest.class));
    }

    private static Stream<Matcher> rows() throws IOException {
        return rows(ROW);
    }

    private static Stream<Matcher> rowsOfModules() throws IOException {
        return rows(ROW_OF_A_MODULE);
    }

    private static String sourceOf(String module, String test) {
        Path tests = Path.of("..", module, "src", "test", "java");
        try (Stream<Path> files = Files.walk(tests)) {
            return Files.readString(files.filter(file -> file.endsWith(test + ".java"))
                    .findAny()
                    .orElseThrow());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Matcher> rows(Pattern row) throws IOException {
        return Files.readString(Path.of("..", "docs", "FAULTS.md"))
                .lines()
                .map(row::matcher)
                .filter(Matcher::matches);
    }

    private static Stream<Method> tests() {
        return ReflectionSupport.findAllClassesInPackage(
                        "dev.realtime.system", found -> true, name -> name.endsWith("Test"))
                .stream()
                .flatMap(found -> Arrays.stream(found.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Fault.class));
    }
}
