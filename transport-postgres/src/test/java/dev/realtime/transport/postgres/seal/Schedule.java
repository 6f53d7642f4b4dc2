package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.realtime.transport.postgres.equipment.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One random schedule, drawn from a seed: its steps come one after the other, and beside them sealers, cleaners, readers,
 * slow commits and direct publications that a step has begun. One thread.
 */
final class Schedule {
    private static final int STEPS = 25;
    private static final List<String> LEVELS = List.of("read committed", "repeatable read", "serializable");

    private record Direct(List<String> ids, CompletableFuture<Void> published) {}

    private final Lane lane;
    private final String name;
    private final Random random;
    private final ScheduleModel model = new ScheduleModel();
    private final Map<String, List<String>> prepared = new LinkedHashMap<>();
    private final List<Direct> direct = new ArrayList<>();
    private final List<String> trace = new ArrayList<>();
    private int step;
    private int published;

    /** @param name of the schedule, unique in the lane */
    Schedule(Lane lane, long seed, int number, String name) {
        this.lane = lane;
        this.name = name;
        this.random = new Random(31 * seed + number);
    }

    void run() throws Exception {
        try {
            lane.begin();
            if (random.nextInt(8) == 0) {
                lane.age(random.nextInt(40));
            }
            for (step = 0; step < STEPS; step++) {
                int who = random.nextInt(lane.writers().size() + 2);
                if (who < lane.writers().size()) {
                    act(who, lane.writers().get(who));
                } else {
                    drive();
                }
            }
            end();
            model.check(lane.nextLogged());
            lane.check();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(name + " of " + lane.store().schema() + ": " + e.getMessage() + "\n" + trace, e);
        }
    }

    private void act(int who, Writer writer) throws SQLException {
        if (writer.isCommitting()) {
            if (one(3)) {
                say(who, "ends its slow commit");
                model.commits(writer.release(lane.driver()), step);
            } else if (one(12)) {
                say(who, "is killed in its slow commit");
                writer.kill(lane.driver());
            }
        } else if (writer.isOpen()) {
            inside(who, writer);
        } else {
            outside(who, writer);
        }
    }

    private void outside(int who, Writer writer) throws SQLException {
        if (one(3)) {
            List<String> ids = ids(3);
            say(who, "publishes " + ids);
            writer.publish(ids);
            model.commits(ids, step);
            return;
        }
        String level = LEVELS.get(random.nextInt(LEVELS.size()));
        String settings = (one(2) ? "set local realtime.hint = off;" : "")
                + (one(4) ? "set local synchronous_commit = off;" : "")
                + (one(5) ? "select pg_current_xact_id();" : "")
                + (one(6) ? "select count(*) from rt.log" : "");
        say(who, "begins " + level + ": " + settings);
        writer.begin(level, settings.isEmpty() ? "select 1" : settings);
    }

    private void inside(int who, Writer writer) throws SQLException {
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3, 4, 5 -> {
                List<String> ids = ids(4);
                say(who, "publishes " + ids);
                writer.publish(ids);
            }
            case 6, 7 -> {
                say(who, "sets a savepoint");
                writer.savepoint();
            }
            case 8 -> {
                if (writer.savepoints() > 0) {
                    int savepoint = random.nextInt(writer.savepoints());
                    say(who, "rolls back to savepoint " + savepoint);
                    writer.rollbackTo(savepoint);
                }
            }
            case 9 -> prepare(who, writer);
            case 10 -> {
                say(who, "rolls back");
                writer.rollback();
            }
            case 11 -> {
                say(who, "begins to commit, slowly");
                writer.commitSlowly(lane.driver());
            }
            case 12 -> refused(who, writer);
            case 13 -> kill(who, writer);
            default -> {
                say(who, "commits");
                model.commits(writer.commit(), step);
            }
        }
    }

    /** Only a transaction that sent no hint can be prepared. */
    private void prepare(int who, Writer writer) throws SQLException {
        if (prepared.size() < 2
                && writer.session().truth("select current_setting('realtime.hint', true) is not distinct from 'off'")) {
            String gid = lane.store().schema() + "-" + name + "-" + step;
            say(who, "prepares " + gid);
            prepared.put(gid, writer.prepare(gid));
        }
    }

    /** Whoever has written cannot seal in that transaction. */
    private void refused(int who, Writer writer) throws SQLException {
        Session session = writer.session();
        session.run("savepoint refused").value("select pg_current_xact_id()");
        say(who, "tries to seal, which is refused");
        SQLException refusal =
                catchThrowableOfType(SQLException.class, () -> session.value("select sealed from rt.seal(10)"));
        assertThat((Throwable) refusal)
                .as("sealing in a transaction that has written")
                .isNotNull();
        session.run("rollback to refused; release refused");
    }

    private void kill(int who, Writer writer) throws SQLException {
        if (one(2)) {
            say(who, "is killed");
            writer.kill(lane.driver());
        } else {
            List<String> committed = writer.killAtCommit(lane.driver());
            say(who, "is killed as it commits, which makes " + committed);
            model.commits(committed, step);
        }
    }

    /** What is not an application's doing. */
    private void drive() throws Exception {
        int racer = random.nextInt(lane.racers().size());
        switch (random.nextInt(24)) {
            case 0, 1, 2 -> {
                int rows = 1 + random.nextInt(4);
                say("seals " + rows);
                lane.sealer().value("select sealed from rt.seal(" + rows + ")");
            }
            case 3, 4, 5, 6, 7, 8, 9 -> {
                int rows = one(2) ? 2 : 1000;
                say("all racers seal " + rows);
                lane.racers()
                        .forEach(each ->
                                each.race(session -> session.value("select sealed from rt.seal(" + rows + ")")));
            }
            case 10, 11 -> {
                say("racer " + racer + " trims");
                lane.racers().get(racer).race(session -> session.value("select rt.trim(100)"));
            }
            case 12 -> {
                say("trims");
                lane.sealer().value("select rt.trim(5)");
            }
            case 13, 14, 15 -> {
                int most = 1 + random.nextInt(10);
                say("reader " + racer + " goes on for " + most);
                lane.racers().get(racer).race(session -> lane.read(racer, session, most));
            }
            case 16, 17, 18 -> {
                List<String> ids = ids(3).stream().distinct().toList();
                say("publishes " + ids + " directly");
                direct.add(new Direct(ids, lane.publishDirectly(ids)));
                if (one(2)) {
                    endDirect();
                }
            }
            case 19 -> endDirect();
            case 20 -> {
                if (one(6)) {
                    say("racer " + racer + " is killed");
                    lane.racers().get(racer).kill(lane.driver());
                }
            }
            case 21 -> {
                if (one(10)) {
                    say("a connection of the instance is killed");
                    lane.killAConnection(random.nextInt(100));
                }
            }
            default -> endPrepared();
        }
    }

    private void endDirect() throws Exception {
        for (Direct publication : direct) {
            publication.published().get(60, TimeUnit.SECONDS);
            model.commits(publication.ids(), step);
        }
        direct.clear();
    }

    private void endPrepared() throws SQLException {
        if (!prepared.isEmpty()) {
            String gid = prepared.keySet().iterator().next();
            List<String> ids = prepared.remove(gid);
            String how = one(4) ? "rollback" : "commit";
            say(how + "s " + gid);
            lane.driver().run(how + " prepared '" + gid + "'");
            if (how.equals("commit")) {
                model.commits(ids, step);
            }
        }
    }

    /** Ends everything that is open, in any order, and seals what is left. */
    private void end() throws Exception {
        for (Writer writer : lane.writers()) {
            step++;
            if (writer.isCommitting()) {
                model.commits(writer.release(lane.driver()), step);
            } else if (writer.isOpen() && one(3)) {
                writer.rollback();
            } else if (writer.isOpen()) {
                model.commits(writer.commit(), step);
            }
        }
        while (!prepared.isEmpty()) {
            step++;
            endPrepared();
        }
        endDirect();
        lane.racers().forEach(Racer::join);
        int portions = 0;
        while (lane.sealer().truth("select more from rt.seal(1000)")
                || lane.sealer().truth("select rt.is_staged()")) {
            assertThat(portions++).as("portions of a small stage").isLessThan(30);
        }
        // Nothing may be sealed any more, not even under another id.
        lane.racers().forEach(each -> each.race(session -> session.value("select sealed from rt.seal(1000)")));
        lane.racers().forEach(Racer::join);
    }

    /** One to so many, mostly fresh; now and then one that was published already, by anybody. */
    private List<String> ids(int most) {
        List<String> ids = new ArrayList<>();
        int count = 1 + random.nextInt(most);
        for (int i = 0; i < count; i++) {
            List<String> earlier = one(20) ? model.ids() : List.of();
            String id = earlier.isEmpty() ? name + "-" + published++ : earlier.get(random.nextInt(earlier.size()));
            model.begins(id, step);
            ids.add(id);
        }
        return ids;
    }

    private boolean one(int of) {
        return random.nextInt(of) == 0;
    }

    private void say(int writer, String what) {
        say("writer " + writer + " " + what);
    }

    private void say(String what) {
        trace.add(step + ": " + what);
    }
}
