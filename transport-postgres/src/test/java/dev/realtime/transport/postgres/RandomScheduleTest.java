package dev.realtime.transport.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.testkit.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random schedules of sessions that publish, against a model, while sealers, a cleaner and a reader race. More of
 * them: {@code -Drealtime.schedules=10000 -Drealtime.seed=7}.
 */
@ExtendWith(LeakCheck.class)
class RandomScheduleTest {
    private static final int SCHEDULES = Integer.getInteger("realtime.schedules", 200);
    private static final long SEED = Long.getLong("realtime.seed", 20_261_120L);
    private static final int SESSIONS = 4;
    private static final int STEPS = 40;

    private final Store store = Store.migrated();

    @AfterEach
    void drop() {
        store.close();
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void whateverTheScheduleEveryCommittedEventIsLoggedOnceAndInOrder() throws SQLException {
        List<String> read = new ArrayList<>();
        AtomicLong position = new AtomicLong();
        List<Session> sessions = new ArrayList<>();
        try (Session driver = store.session();
                Racers racers = new Racers(store)) {
            for (int i = 0; i < SESSIONS; i++) {
                sessions.add(store.session());
            }
            racers.race(sealer -> sealer.value("select sealed from rt.seal(2)"));
            racers.race(sealer -> sealer.value("select sealed from rt.seal(1000)"));
            racers.race(cleaner -> cleaner.value("select rt.trim(100)"));
            racers.race(reader -> readOn(reader, position, read));
            for (int i = 0; i < SCHEDULES; i++) {
                new Schedule(i, driver, sessions).run();
            }
        } finally {
            for (Session session : sessions) {
                session.close();
            }
        }
        try (Session reader = store.session()) {
            readOn(reader, position, read);
        }
        assertThat(read).as("what a reader saw that only ever went on").isEqualTo(store.logged());
    }

    private static void readOn(Session reader, AtomicLong position, List<String> read) throws SQLException {
        for (String row : reader.column(
                "select \"offset\" || ' ' || id from rt.log where \"offset\" > ? order by \"offset\"",
                position.get())) {
            String[] cells = row.split(" ");
            position.set(Long.parseLong(cells[0]));
            read.add(cells[1]);
        }
    }

    /** An event, in steps of the schedule. It may have been published more than once. */
    private static final class Publication {
        private final int begun;
        private int committed = Integer.MAX_VALUE;

        Publication(int begun) {
            this.begun = begun;
        }
    }

    /** A transaction of a session: what it published, in order, and how much of that each savepoint keeps. */
    private static final class Open {
        private final List<String> published = new ArrayList<>();
        private final List<Integer> savepoints = new ArrayList<>();
    }

    /** One schedule: a session after the other takes a step, drawn from a seed. */
    private static final class Schedule {
        private final int number;
        private final Random random;
        private final Session driver;
        private final List<Session> sessions;
        private final Map<Integer, Open> open = new HashMap<>();
        private final Map<String, Open> prepared = new HashMap<>();
        private final Map<String, Publication> events = new HashMap<>();
        private final Set<String> repeated = new HashSet<>();
        private final List<List<String>> transactions = new ArrayList<>();
        private int step;

        Schedule(int number, Session driver, List<Session> sessions) {
            this.number = number;
            this.random = new Random(SEED + number);
            this.driver = driver;
            this.sessions = sessions;
        }

        void run() throws SQLException {
            for (step = 0; step < STEPS; step++) {
                int who = random.nextInt(SESSIONS + 1);
                if (who == SESSIONS) {
                    drive();
                } else if (open.containsKey(who)) {
                    inside(who);
                } else {
                    outside(who);
                }
            }
            for (int who : List.copyOf(open.keySet())) {
                step++;
                end(who, random.nextBoolean());
            }
            for (String gid : List.copyOf(prepared.keySet())) {
                step++;
                endPrepared(gid);
            }
            sealAll();
            check(driver.column("select id from rt.log where id like ? order by \"offset\"", "s" + number + "-%"));
        }

        /** The adapter's own doings: appends, seals, the end of a prepared transaction. */
        private void drive() throws SQLException {
            if (!prepared.isEmpty() && random.nextInt(3) == 0) {
                endPrepared(prepared.keySet().iterator().next());
            } else if (random.nextInt(3) == 0) {
                driver.value("select sealed from rt.seal(" + (1 + random.nextInt(4)) + ")");
            } else {
                String id = freshId();
                while (driver.value(
                                "select outcome from rt.append(array[1], array['acme'], array[?], array['e'],"
                                        + " array['t'], array[null], array[0], array['{}'::bytea])",
                                id)
                        .equals("backlog")) {
                    sealAll();
                }
                committed(List.of(id));
            }
        }

        private void outside(int who) throws SQLException {
            if (random.nextInt(3) > 0) {
                List<String> levels = List.of("read committed", "repeatable read", "serializable");
                sessions.get(who).run("begin isolation level " + levels.get(random.nextInt(3)));
                sessions.get(who).run("set local realtime.hint = off");
                open.put(who, new Open());
            } else {
                String id = anyId();
                sessions.get(who).publish(id);
                committed(List.of(id));
            }
        }

        private void inside(int who) throws SQLException {
            Open transaction = open.get(who);
            Session session = sessions.get(who);
            int choice = random.nextInt(12);
            if (choice < 6) {
                String id = anyId();
                session.publish(id);
                transaction.published.add(id);
            } else if (choice < 8) {
                session.run("savepoint s" + transaction.savepoints.size());
                transaction.savepoints.add(transaction.published.size());
            } else if (choice < 9 && !transaction.savepoints.isEmpty()) {
                int savepoint = random.nextInt(transaction.savepoints.size());
                int kept = transaction.savepoints.get(savepoint);
                session.run("rollback to s" + savepoint);
                transaction
                        .savepoints
                        .subList(savepoint + 1, transaction.savepoints.size())
                        .clear();
                transaction
                        .published
                        .subList(kept, transaction.published.size())
                        .clear();
            } else if (choice < 10 && prepared.size() < 3) {
                String gid = "s" + number + "-" + step + "-" + System.identityHashCode(this);
                session.run("prepare transaction '" + gid + "'");
                prepared.put(gid, open.remove(who));
            } else if (choice > 9) {
                end(who, choice == 10);
            }
        }

        private void end(int who, boolean commits) throws SQLException {
            Open transaction = open.remove(who);
            if (commits) {
                sessions.get(who).commit();
                committed(transaction.published);
            } else {
                sessions.get(who).rollback();
            }
        }

        private void endPrepared(String gid) throws SQLException {
            Open transaction = prepared.remove(gid);
            if (random.nextInt(4) > 0) {
                driver.run("commit prepared '" + gid + "'");
                committed(transaction.published);
            } else {
                driver.run("rollback prepared '" + gid + "'");
            }
        }

        private String freshId() {
            String id = "s" + number + "-" + step;
            events.put(id, new Publication(step));
            return id;
        }

        /** Mostly a fresh one, now and then one that was published already, by anybody. */
        private String anyId() {
            if (events.isEmpty() || random.nextInt(12) > 0) {
                return freshId();
            }
            List<String> ids = events.keySet().stream().sorted().toList();
            String id = ids.get(random.nextInt(ids.size()));
            repeated.add(id);
            return id;
        }

        private void committed(List<String> ids) {
            ids.forEach(id -> events.get(id).committed = Math.min(step, events.get(id).committed));
            transactions.add(List.copyOf(ids));
        }

        private void sealAll() throws SQLException {
            int portions = 0;
            while (driver.truth("select more from rt.seal(1000)") || driver.truth("select rt.is_staged()")) {
                assertThat(portions++).as("portions of a small stage").isLessThan(1_000);
            }
        }

        private void check(List<String> logged) {
            String what = "schedule " + number + " of seed " + SEED;
            List<String> expected = events.keySet().stream()
                    .filter(id -> events.get(id).committed < Integer.MAX_VALUE)
                    .toList();
            assertThat(logged).as(what).containsExactlyInAnyOrderElementsOf(expected);

            List<String> once =
                    logged.stream().filter(id -> !repeated.contains(id)).toList();
            for (List<String> transaction : transactions) {
                assertThat(once.stream().filter(transaction::contains))
                        .as(what + ": within a transaction")
                        .isEqualTo(transaction.stream()
                                .filter(id -> !repeated.contains(id))
                                .toList());
            }
            int latestBegun = -1;
            for (String id : once) {
                assertThat(events.get(id).committed)
                        .as(what + ": " + id + " was committed before one in front of it began")
                        .isGreaterThanOrEqualTo(latestBegun);
                latestBegun = Math.max(latestBegun, events.get(id).begun);
            }
        }
    }
}
