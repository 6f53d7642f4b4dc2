package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.support.ReflectionSupport;

/** docs/CONTRACT.md and the rules are the same list. */
class ContractDocumentTest {
    private static final Pattern ROW = Pattern.compile("\\| ([A-Z])([0-9]+) \\| (.+) \\| `(\\w+#\\w+)` \\|");
    private static final Pattern NAME = Pattern.compile("([A-Z])([0-9]+) (.+)");

    @Test
    void documentAndRulesAgree() throws IOException {
        List<String> documented = rows().map(Matcher::group).toList();

        assertThat(documented).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(rules());
    }

    @Test
    void numbersOfEachLetterAreOneToN() throws IOException {
        Map<String, List<Integer>> numbers = rows().collect(Collectors.groupingBy(
                row -> row.group(1),
                TreeMap::new,
                Collectors.mapping(row -> Integer.valueOf(row.group(2)), Collectors.toList())));

        assertThat(numbers).isNotEmpty();
        assertThat(numbers)
                .allSatisfy((letter, ofLetter) -> assertThat(ofLetter)
                        .isEqualTo(IntStream.rangeClosed(1, ofLetter.size())
                                .boxed()
                                .toList()));
    }

    private static Stream<Matcher> rows() throws IOException {
        return Files.readString(Path.of("..", "docs", "CONTRACT.md"))
                .lines()
                .map(ROW::matcher)
                .filter(Matcher::matches);
    }

    /** Every rule as its row in the document should be. */
    private static List<String> rules() {
        return ReflectionSupport.findAllClassesInPackage(
                        ContractRules.class.getPackageName(),
                        found -> ContractRules.class.isAssignableFrom(found) && Modifier.isPublic(found.getModifiers()),
                        name -> name.endsWith("Rules"))
                .stream()
                .flatMap(rules -> Arrays.stream(rules.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Test.class))
                .map(ContractDocumentTest::row)
                .toList();
    }

    private static String row(Method rule) {
        DisplayName name = rule.getAnnotation(DisplayName.class);
        assertThat(name).as("the number and sentence of %s", rule).isNotNull();
        Matcher parts = NAME.matcher(name.value());
        assertThat(parts.matches()).as("a number begins '%s'", name.value()).isTrue();
        return "| %s%s | %s | `%s#%s` |"
                .formatted(
                        parts.group(1),
                        parts.group(2),
                        parts.group(3),
                        rule.getDeclaringClass().getSimpleName(),
                        rule.getName());
    }
}
