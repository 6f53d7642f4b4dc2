package dev.realtime.system;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Has each seam of a woven world throw once, and judges each time. A world in which something is wrong is left for a
 * new one, so that one failure is not counted twice. For one thread.
 */
final class SeamRun implements AutoCloseable {
    private static final int CENSUS_ROUNDS = 2;
    private static final Duration UNTIL_ALL_IS_GIVEN_BACK = Duration.ofSeconds(10);

    /** What a gateway without streams and publishers holds: the revocations listen. */
    private static final Map<String, Integer> AT_REST =
            Map.of("seats", 0, "replays", 0, "bodies", 0, "streams", 0, "queued", 0, "subscriptions", 1);

    private final Seams seams;
    private final SeamTokens tokens;
    private final Supplier<SeamWorld> worlds;
    private final List<SeamScene.Act> acts;
    private SeamWorld world;
    private int cases;

    /**
     * @param worlds makes a new one
     * @param acts what is done while a seam is armed, from the cheapest on
     */
    SeamRun(Seams seams, SeamTokens tokens, Supplier<SeamWorld> worlds, List<SeamScene.Act> acts) {
        this.seams = seams;
        this.tokens = tokens;
        this.worlds = worlds;
        this.acts = acts;
        renew();
    }

    /** Which seams each act comes by, each by the cheapest act that has come by; nothing throws. */
    Map<Integer, SeamScene.Act> census() throws Exception {
        Map<SeamScene.Act, BitSet> ever = new LinkedHashMap<>();
        for (int round = 0; round < CENSUS_ROUNDS; round++) {
            for (SeamScene.Act act : acts) {
                try (SeamScene scene = new SeamScene(world, tokens, "census-" + ++cases)) {
                    world.takeReached();
                    scene.act(act);
                    BitSet reached = world.takeReached();
                    ever.computeIfAbsent(act, first -> reached).or(reached);
                    require(act + " with nothing armed", scene.judge());
                }
            }
        }
        require("after the census", leftBehind());
        Map<Integer, SeamScene.Act> reached = new LinkedHashMap<>();
        ever.forEach((act, numbers) -> numbers.stream().forEach(seam -> reached.putIfAbsent(seam, act)));
        return reached;
    }

    /** One line for each case in which something was wrong. */
    List<String> faults(Map<Integer, SeamScene.Act> reached, Predicate<String> wanted, SeamKind kind) {
        List<String> wrong = new ArrayList<>();
        reached.forEach((seam, act) -> {
            String name = seams.names().get(seam);
            if (wanted.test(name)) {
                List<String> faults = tried(seam, act, kind);
                if (!faults.isEmpty()) {
                    wrong.add(name + ", " + kind + " while " + act + ": " + faults);
                    renew();
                }
            }
        });
        return wrong;
    }

    /** So far. */
    int cases() {
        return cases;
    }

    private List<String> tried(int seam, SeamScene.Act act, SeamKind kind) {
        List<String> faults = new ArrayList<>();
        try (SeamScene scene = new SeamScene(world, tokens, "case-" + ++cases)) {
            world.arm(seam, kind);
            try {
                scene.act(act);
            } catch (UncheckedIOException cut) {
                // the test's own request was the one that was struck
            } catch (RuntimeException | Error e) {
                if (!"seam".equals(e.getMessage())) { // a library's caller was struck, and knows
                    faults.add("the act failed: " + e);
                }
            } finally {
                world.disarm();
            }
            faults.addAll(scene.judge());
        } catch (Exception | AssertionError e) {
            faults.add(e.toString());
        }
        if (faults.isEmpty()) {
            faults.addAll(leftBehind());
        }
        return faults;
    }

    /** What streams and publishers that are gone still hold. */
    private List<String> leftBehind() {
        boolean none =
                new SeamBell().await(UNTIL_ALL_IS_GIVEN_BACK, () -> world.held().equals(AT_REST));
        return none ? List.of() : List.of("left behind: " + world.held() + " in place of " + AT_REST);
    }

    private void renew() {
        close();
        world = worlds.get();
    }

    private static void require(String when, List<String> faults) {
        if (!faults.isEmpty()) {
            throw new AssertionError(when + ": " + faults);
        }
    }

    @Override
    public void close() {
        SeamWorld old = world;
        if (old != null) {
            Thread closing = new Thread(old::close, "seam-closing"); // one that is broken may take its time
            closing.setDaemon(true);
            closing.start();
        }
    }
}
