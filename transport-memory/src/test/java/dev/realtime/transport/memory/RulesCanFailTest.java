package dev.realtime.transport.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.discovery.MethodSelector;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Each rule notices an adapter that breaks it. */
class RulesCanFailTest {
    @ParameterizedTest
    @MethodSource("mutants")
    void brokenAdapterIsNoticed(Mutant mutant) {
        MutatedRules.mutant = mutant.of();

        TestExecutionSummary summary = run(rule(mutant.rule()));

        assertThat(summary.getTestsFoundCount()).isEqualTo(1);
        assertThat(summary.getFailures())
                .as("failures with an adapter that %s", mutant.breaks())
                .hasSize(1);
        assertThat(summary.getFailures().get(0).getException())
                .isInstanceOfAny(AssertionError.class, ConditionTimeoutException.class);
    }

    @Test
    void everyRuleHasAMutant() {
        List<String> rules = MutatedRules.ALL.stream()
                .flatMap(contract -> Arrays.stream(contract.getSuperclass().getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Test.class))
                .map(RulesCanFailTest::number)
                .toList();

        assertThat(mutants().map(Mutant::rule).distinct()).containsExactlyInAnyOrderElementsOf(rules);
    }

    static Stream<Mutant> mutants() {
        return Stream.of(WritingMutants.all(), ReadingMutants.all(), ClaimMutants.all())
                .flatMap(mutants -> mutants);
    }

    private static TestExecutionSummary run(MethodSelector rule) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(rule)
                                .build(),
                        listener);
        return listener.getSummary();
    }

    private static MethodSelector rule(String number) {
        return MutatedRules.ALL.stream()
                .flatMap(rules -> Arrays.stream(rules.getSuperclass().getDeclaredMethods())
                        .filter(method -> method.isAnnotationPresent(Test.class))
                        .filter(method -> number(method).equals(number))
                        .map(method -> selectMethod(rules, method)))
                .findFirst()
                .orElseThrow();
    }

    private static String number(Method rule) {
        String name = rule.getAnnotation(DisplayName.class).value();
        return name.substring(0, name.indexOf(' '));
    }
}
