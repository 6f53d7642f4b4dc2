package dev.realtime.system.seam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.seam.SeamScene.Act;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every call between parts on the walks and in the loops throws once: one stream at most is struck, and that one hears
 * all, or a gap, or is closed; everybody else hears everything; nothing is left behind, the gateway goes on, and says so.
 * The seams come from the class files: a new call is a new case, or is named in {@code seams-not-tried.txt}. In the short
 * form each seam throws one of the kinds, in turn; {@code mvn -Pseam} has each throw all of them.
 */
@Timeout(3_000)
@Isolated("whoever waits beside it takes what is thrown here, in threads that nobody guards, for a failure of its own")
class Fault36SeamTest {
    private static final boolean ALL_KINDS = Boolean.getBoolean("seam");
    private static final String NAMED = "seams-not-tried.txt";
    /** Before those that a scene comes by. */
    private static final String SPARED = "! ";

    private static final int CENSUSES = 3;

    private static final SeamTokens TOKENS = SeamTokens.fresh();
    private static final List<String> NOT_TRIED = patterns("");
    private static final List<String> NOT_STRUCK = patterns(SPARED);

    @ParameterizedTest
    @EnumSource(SeamStore.Kind.class)
    @Fault(36)
    void aThrowAtAnySeamStrikesOneStreamAtMostAndLeavesNobodyInSilence(SeamStore.Kind store) throws Exception {
        Seams seams = SeamStore.seams(store);
        List<String> names = seams.names();
        SeamRun run = new SeamRun(seams, TOKENS, store);
        Map<Integer, Act> reached = run.census();
        for (int i = 1; i < CENSUSES && !unnamed(names, reached).isEmpty(); i++) {
            run.census().forEach(reached::putIfAbsent); // what depends on who is first
        }
        System.out.printf("%s: %,d seams, %,d of them tried%n", store, names.size(), reached.size());
        assertThat(unnamed(names, reached))
                .as("neither tried nor named in " + NAMED)
                .isEmpty();

        reached.keySet().removeIf(seam -> isAmong(NOT_STRUCK, names.get(seam)));
        assertThat(run.faults(reached, ALL_KINDS)).isEmpty();
    }

    @Test
    void whatIsNamedIsASeamOfTheCode() {
        List<String> all = Arrays.stream(SeamStore.Kind.values())
                .flatMap(store -> SeamStore.seams(store).names().stream())
                .toList();
        assertThat(Stream.concat(NOT_TRIED.stream(), NOT_STRUCK.stream()))
                .allMatch(pattern -> all.stream().anyMatch(name -> matches(pattern, name)));
    }

    private static List<String> unnamed(List<String> names, Map<Integer, Act> reached) {
        return IntStream.range(0, names.size())
                .filter(seam -> !reached.containsKey(seam))
                .mapToObj(names::get)
                .filter(name -> !isAmong(NOT_TRIED, name))
                .sorted()
                .toList();
    }

    /** The patterns of seams behind this mark, {@code *} for anything. */
    private static List<String> patterns(String mark) {
        try (InputStream in = Fault36SeamTest.class.getResourceAsStream(NAMED)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .filter(line -> line.startsWith(SPARED) ? mark.equals(SPARED) : mark.isEmpty())
                    .map(line -> line.substring(mark.length()).strip())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isAmong(List<String> patterns, String name) {
        return patterns.stream().anyMatch(pattern -> matches(pattern, name));
    }

    private static boolean matches(String pattern, String name) {
        return Pattern.matches("\\Q" + pattern.replace("*", "\\E.*\\Q") + "\\E", name);
    }
}
