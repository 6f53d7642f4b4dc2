package dev.realtime.system.seam;

import dev.realtime.system.equipment.GatewayClient;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Has each seam of a woven world throw once, and judges each time. Some worlds are at work beside each other, as a case
 * mostly waits. A world in which something is wrong is left for a new one, so that one failure is not counted twice.
 */
final class SeamRun {
    private static final int CENSUS_ROUNDS = 2;
    private static final int WORLDS = 6;
    private static final Duration UNTIL_READY = Duration.ofSeconds(60);
    private static final Duration UNTIL_ALL_IS_GIVEN_BACK = Duration.ofSeconds(10);

    /** What a gateway without streams and publishers holds: the revocations listen. */
    private static final Map<String, Integer> AT_REST =
            Map.of("seats", 0, "replays", 0, "bodies", 0, "streams", 0, "queued", 0, "subscriptions", 1);

    /** What to try, and while what is done. */
    private record Case(int seam, SeamScene.Act act, SeamKind kind) {}

    private final Seams seams;
    private final SeamTokens tokens;
    private final SeamStore.Kind store;
    private final AtomicInteger cases = new AtomicInteger();

    SeamRun(Seams seams, SeamTokens tokens, SeamStore.Kind store) {
        this.seams = seams;
        this.tokens = tokens;
        this.store = store;
    }

    /** Which seams are come by, each with the cheapest act that comes by it; nothing throws. */
    Map<Integer, SeamScene.Act> census() throws Exception {
        Map<SeamScene.Act, BitSet> ever = new LinkedHashMap<>();
        try (World world = new World()) {
            for (int round = 0; round < CENSUS_ROUNDS; round++) {
                for (SeamScene.Act act : SeamScene.Act.values()) {
                    ever.computeIfAbsent(act, first -> new BitSet()).or(world.reached(act));
                }
            }
        }
        Map<Integer, SeamScene.Act> reached = new LinkedHashMap<>();
        ever.forEach((act, numbers) -> numbers.stream().forEach(seam -> reached.putIfAbsent(seam, act)));
        return reached;
    }

    /**
     * One line for each case in which something was wrong.
     *
     * @param allKinds whether each seam throws every kind; else one, in turn
     */
    List<String> faults(Map<Integer, SeamScene.Act> reached, boolean allKinds) throws InterruptedException {
        Queue<Case> left = new ConcurrentLinkedQueue<>();
        reached.forEach((seam, act) -> {
            SeamKind[] kinds = SeamKind.values();
            for (int i = 0; i < kinds.length; i++) {
                if (allKinds || seam % kinds.length == i) {
                    left.add(new Case(seam, act, kinds[i]));
                }
            }
        });
        List<String> wrong = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < WORLDS; i++) {
            Thread thread = new Thread(() -> tryAll(left, wrong), "seam-world-" + i);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return wrong;
    }

    private void tryAll(Queue<Case> left, List<String> wrong) {
        try {
            for (Case next = left.poll(); next != null; next = left.poll()) {
                tryUntilSomethingIsWrong(next, left, wrong);
            }
        } catch (SQLException | RuntimeException | Error e) {
            wrong.add("a world could not be made or left: " + e);
        }
    }

    private void tryUntilSomethingIsWrong(Case first, Queue<Case> left, List<String> wrong) throws SQLException {
        try (World world = new World()) {
            for (Case next = first; next != null; next = left.poll()) {
                List<String> faults = world.faults(next);
                if (!faults.isEmpty()) {
                    String line =
                            seams.names().get(next.seam) + ", " + next.kind + " while " + next.act + ": " + faults;
                    System.out.println(line); // there are thousands of cases
                    wrong.add(line);
                    return;
                }
            }
        }
    }

    /** One woven gateway on a store of its own. One thread. */
    private final class World implements AutoCloseable {
        private final SeamStore on;
        private final SeamWorld world;

        private World() throws SQLException {
            on = store.fresh();
            world = SeamLoader.world(seams, tokens.settings(on.settings()));
            if (!new SeamBell().await(UNTIL_READY, () -> isReady(readyz()))) {
                throw new IllegalStateException("not ready: " + readyz());
            }
        }

        private GatewayClient.Answer readyz() {
            return new GatewayClient(world.address(), Map.of("Authorization", "Bearer " + tokens.operator()))
                    .get("/readyz");
        }

        /** What an act comes by when nothing throws. */
        private BitSet reached(SeamScene.Act act) throws Exception {
            BitSet reached;
            try (SeamScene scene = scene("census-")) {
                world.takeReached();
                scene.act(act);
                reached = world.takeReached();
                require(act, scene.judge());
            }
            require(act, aftermath());
            return reached;
        }

        private List<String> faults(Case tried) {
            List<String> faults = new ArrayList<>();
            try (SeamScene scene = scene("case-")) {
                world.arm(tried.seam, tried.kind);
                try {
                    scene.act(tried.act);
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
            return faults.isEmpty() ? aftermath() : faults;
        }

        /** What streams and publishers that are gone still hold, and a readiness that is not so. */
        private List<String> aftermath() {
            if (!new SeamBell()
                    .await(UNTIL_ALL_IS_GIVEN_BACK, () -> world.held().equals(AT_REST))) {
                return List.of("left behind: " + world.held() + " in place of " + AT_REST);
            }
            if (!new SeamBell().await(SeamScene.SOON, () -> isReady(readyz()))) {
                return List.of("all works, and it says: " + readyz());
            }
            return List.of();
        }

        private boolean isReady(GatewayClient.Answer answer) {
            return answer.status() == 200
                    && answer.json().path("state").asText().equals("LIVE")
                    && answer.json().path("cause").asText("null").equals("null");
        }

        private SeamScene scene(String name) {
            return new SeamScene(on, world, tokens, name + cases.incrementAndGet());
        }

        private void require(SeamScene.Act act, List<String> faults) {
            if (!faults.isEmpty()) {
                throw new AssertionError(act + " with nothing armed: " + faults);
            }
        }

        /** One that is broken may take its time. What it throws is no affair of the test that runs by then. */
        @Override
        public void close() {
            Thread closing = new Thread(
                    () -> {
                        try {
                            world.close();
                            on.close();
                        } catch (RuntimeException | Error e) {
                            System.out.println("a world could not be closed: " + e);
                        }
                    },
                    "seam-closing");
            closing.setDaemon(true);
            closing.start();
        }
    }
}
