package dev.realtime.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.RealtimeEndpoint;
import dev.realtime.system.SeamScene.Act;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.memory.MemoryAdapter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every call between parts on the walks throws once: one stream at most is struck, and that one hears all, or a gap, or
 * is closed; everybody else hears everything; nothing is left behind, and the gateway goes on. The seams come from the
 * class files: a new call is a new case, or is named in {@code seams-not-tried.txt}.
 */
@Timeout(600)
@EnabledIfSystemProperty(named = "seam", matches = "true", disabledReason = "some seams still fail: mvn -Pseam")
class Fault36SeamTest {
    private static final List<String> WALKS = List.of(
            "dev/realtime/transport",
            "dev/realtime/transport/internal",
            "dev/realtime/transport/internal/hub",
            "dev/realtime/transport/runtime",
            "dev/realtime/transport/memory",
            "dev/realtime/sse",
            "dev/realtime/sse/internal");

    private static final String NAMED = "seams-not-tried.txt";
    /** Before those that a scene comes by. */
    private static final String SPARED = "! ";

    private static final Seams SEAMS = new Seams(WALKS, PubSub.class, MemoryAdapter.class, RealtimeEndpoint.class);

    private static SeamRun run;
    private static Map<Integer, Act> reached;

    @BeforeAll
    static void takeCensus() throws Exception {
        SeamTokens tokens = SeamTokens.fresh();
        Map<String, String> settings = Map.of(
                "REALTIME_TRANSPORT", "seam",
                "PORT", "0",
                "REALTIME_AUTH", "jwt",
                "REALTIME_JWT_SECRET", tokens.secret(),
                "REALTIME_TICKET_SECRET", Canary.fresh("ticket-secret"));
        run = new SeamRun(SEAMS, tokens, () -> SeamLoader.world(SEAMS, settings), List.of(Act.values()));
        reached = run.census();
    }

    @AfterAll
    static void leave() {
        run.close();
    }

    @ParameterizedTest
    @EnumSource(SeamKind.class)
    void aThrowAtAnySeamStrikesOneStreamAtMostAndLeavesNobodyInSilence(SeamKind kind) {
        List<String> spared = patterns(SPARED);
        assertThat(run.faults(reached, name -> spared.stream().noneMatch(pattern -> matches(pattern, name)), kind))
                .isEmpty();
    }

    @Test
    void whatIsNotTriedIsNamedWithItsReason() {
        List<String> all = SEAMS.names();
        List<String> named = patterns("");
        List<String> unnamed = IntStream.range(0, all.size())
                .filter(seam -> !reached.containsKey(seam))
                .mapToObj(all::get)
                .filter(name -> named.stream().noneMatch(pattern -> matches(pattern, name)))
                .sorted()
                .toList();
        System.out.printf("%,d seams, %,d of them tried%n", all.size(), reached.size());
        assertThat(unnamed).as("neither tried nor named in " + NAMED).isEmpty();
        assertThat(Stream.concat(named.stream(), patterns(SPARED).stream()))
                .as("named, but no seam of the code")
                .allMatch(pattern -> all.stream().anyMatch(name -> matches(pattern, name)));
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

    private static boolean matches(String pattern, String name) {
        return Pattern.matches("\\Q" + pattern.replace("*", "\\E.*\\Q") + "\\E", name);
    }
}
