package dev.realtime.transport.postgres.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.util.PSQLException;

/** What trimming takes from the log and what it never touches, called as an instance does; none runs. */
@ExtendWith(LeakCheck.class)
class RetentionTest {
    private static final Pattern BLOCKS = Pattern.compile("\"Shared (?:Hit|Read) Blocks\": (\\d+)");
    private static final int EVERYTHING = 1_000_000;

    private final Store store = Store.migrated();
    private Session trimmer;
    private Session other;

    @BeforeEach
    void connect() throws SQLException {
        trimmer = store.session();
        other = store.session();
        // Whoever waits for somebody else's lock fails.
        other.run("set lock_timeout = '2s'");
        trim();
    }

    @AfterEach
    void disconnect() throws SQLException {
        trimmer.close();
        other.close();
        store.close();
    }

    @Test
    void takesTheOldestAFewAtATimeAndSaysHowMany() throws SQLException {
        log(10);
        age(1, 7);

        assertThat(List.of(trimRows(3), trimRows(3), trimRows(3), trimRows(3))).containsExactly(3, 3, 1, 0);
        assertThat(floor()).isEqualTo(7);
        assertThat(offsets()).containsExactly(8L, 9L, 10L);
    }

    @Test
    void onlyAPrefixGoesWhateverTheClockSaid() throws SQLException {
        Random random = new Random(20261120);
        long head = 0;
        for (int round = 0; round < 30; round++) {
            // What the last round left is not due while the stage is cleaned.
            other.run("update rt.log set logged_at = clock_timestamp()");
            log(1 + random.nextInt(20));
            head = Long.parseLong(other.value("select max(\"offset\") from rt.log"));
            // The clock jumped back and forth by up to two windows while these were logged.
            other.run("update rt.log set logged_at = clock_timestamp() + (random() * 4 - 2.2) * (select replay_window"
                    + " from rt.store)");
            long before = floor();
            long firstKept = Long.parseLong(other.value("select coalesce(min(\"offset\"), " + (head + 1)
                    + ") from rt.log where logged_at >= clock_timestamp() - (select replay_window from rt.store)"));

            int chunk = 1 + random.nextInt(12);
            trimRows(chunk);

            assertThat(floor()).as("round %s", round).isEqualTo(Math.min(before + chunk, firstKept - 1));
            assertThat(offsets())
                    .as("round %s", round)
                    .isEqualTo(LongStream.rangeClosed(floor() + 1, head).boxed().toList());
        }
        assertThat(floor()).as("it trimmed at all").isPositive();
    }

    @Test
    void theFloorProvesItselfByTheCheckOfTheLastEventThatWent() throws SQLException {
        log(5);
        age(1, 3);
        String third = other.value("select rt.check_of(id) from rt.log where \"offset\" = 3");

        trim();

        assertThat(other.value("select floor_offset || '-' || floor_check from rt.log_range"))
                .isEqualTo("3-" + third);
    }

    @Test
    void oneTrimsAtATimeAndTheOthersDoNotWait() throws SQLException {
        log(10);
        age(1, 10);
        trimmer.begin();
        assertThat(trimRows(4)).isEqualTo(4);

        assertThat(other.value("select rt.trim(4)")).isEqualTo("0");

        trimmer.rollback();
        assertThat(floor()).as("what was rolled back is still there").isZero();
        assertThat(other.value("select rt.trim(4)")).isEqualTo("4");
    }

    @Test
    void whenTheTrimmerIsKilledAnyOtherGoesOn() throws SQLException {
        log(10);
        age(1, 10);
        Session killed = store.session();
        killed.begin();
        killed.value("select rt.trim(4)");

        other.value("select pg_terminate_backend(?::integer, 5000)", killed.value("select pg_backend_pid()"));

        assertThat(other.value("select rt.trim(" + EVERYTHING + ")")).isEqualTo("10");
        assertThat(floor()).isEqualTo(10);
        killed.connection().close();
    }

    @Test
    void nobodyWaitsForATrimThatHangs() throws SQLException {
        log(10);
        age(1, 10);
        trimmer.begin();
        assertThat(trimRows(5)).isEqualTo(5);

        other.publish("staged");
        assertThat(other.value("select sealed from rt.seal(100)")).isEqualTo("1");
        assertThat(other.value("select head_offset from rt.log_range")).isEqualTo("11");
        assertThat(other.value("select count(*) from rt.log")).isEqualTo("11");
        assertThat(other.truth("select rt.settle()")).isFalse();
        trimmer.commit();

        assertThat(offsets()).containsExactly(6L, 7L, 8L, 9L, 10L, 11L);
    }

    @Test
    void aTrimDoesNotWaitForSomebodyElsesRowLock() throws SQLException {
        log(10);
        age(1, 10);
        other.begin().value("select id from rt.log where \"offset\" = 5 for share");

        assertThat(catchThrowableOfType(PSQLException.class, this::trim).getSQLState())
                .as("it gave up")
                .isEqualTo("55P03");
        assertThat(floor()).as("and undid the rest").isZero();

        other.rollback();
        assertThat(trim()).isEqualTo(10);
    }

    @Test
    void theStageIsCleanBeforeTheLogIsTrimmed() throws SQLException {
        for (int tick = 0; tick < 450; tick++) {
            other.publish("t-" + tick).value("select sealed from rt.seal(10)");
        }
        age(1, 450);
        List<String> inLog = new ArrayList<>();
        do {
            inLog.add(other.value("select count(*) from rt.log"));
            assertThat(other.value("select count(*) from rt.stage s"
                            + " where not exists (select from rt.log l where l.seq = s.seq)"))
                    .as("staged, and no longer in the log that settle() would look it up in")
                    .isEqualTo("0");
        } while (trimRows(100) > 0);

        assertThat(inLog).as("several calls only cleaned the stage").startsWith("450", "450", "450");
        assertThat(inLog).as("and the log went in chunks").contains("350", "250", "0");
        assertThat(other.value("select count(*) from rt.stage")).isEqualTo("0");
    }

    @Test
    void theWindowInTheDatabaseCountsFromTheNextCallOn() throws SQLException {
        log(3);
        assertThat(trim()).isZero();

        other.run("update rt.store set replay_window = interval '1 microsecond'");
        assertThat(trim()).isEqualTo(3);

        other.run("update rt.store set replay_window = interval '1 hour'");
        log(3);
        assertThat(trim()).isZero();
        age(4, 5);
        assertThat(trim()).isEqualTo(2);
    }

    @Test
    void nothingIsWrittenWhenNothingIsDue() throws SQLException {
        log(5);
        trim();
        trimmer.begin();

        assertThat(trimRows(100)).isZero();

        assertThat(trimmer.truth("select pg_current_xact_id_if_assigned() is null"))
                .as("no transaction id, so no WAL")
                .isTrue();
        assertThat(trimmer.value("select count(*) from pg_locks where pid = pg_backend_pid() and mode not in"
                        + " ('AccessShareLock', 'ExclusiveLock')"))
                .isEqualTo("0");
        trimmer.rollback();
    }

    @Test
    void aSnapshotHeldOpenMakesNeitherTrimmingNorPublishingNorReadingDearer() throws SQLException {
        other.run("update rt.store set replay_window = interval '1 microsecond'");
        try (Session old = store.session()) {
            old.run("begin isolation level repeatable read").value("select count(*) from rt.log");
            List<Long> trims = new ArrayList<>();
            List<Long> seals = new ArrayList<>();
            List<Long> reads = new ArrayList<>();
            for (int round = 0; round < 40; round++) {
                stage(500);
                seals.add(blocks("select * from rt.seal(10000)"));
                trims.add(blocks("select rt.trim(500)"));
                reads.add(blocks("select * from rt.log_range"));
                assertThat(offsets()).as("each round trims its own").isEmpty();
            }

            assertThat(old.value("select count(*) from rt.log"))
                    .as("it saw nothing and still does")
                    .isEqualTo("0");
            assertFlat("trim", trims);
            assertFlat("seal", seals);
            assertFlat("log_range", reads);
        }
    }

    @Test
    void aLogThatWasEmptyWhenItWasAnalyzedIsPublishedToAsCheaplyAsAnyOther() throws SQLException {
        for (int round = 0; round < 10; round++) {
            stage(1);
            trimmer.value("select sealed from rt.seal(10000)"); // from the sixth on with a plan for any arguments
        }
        cleanStage();
        age(1, 10);
        trim();
        other.run("vacuum analyze rt.log"); // its plans are made anew, with a log of no page

        List<Long> seals = new ArrayList<>();
        for (int round = 0; round < 40; round++) {
            stage(200);
            seals.add(blocks("select * from rt.seal(10000)"));
        }

        assertFlat("seal", seals);
    }

    /** The last ten cost no more than the third to the twelfth, but for a page that had to be added somewhere. */
    private static void assertFlat(String what, List<Long> blocks) {
        double early =
                blocks.subList(2, 12).stream().mapToLong(n -> n).average().orElseThrow();
        double late =
                blocks.subList(30, 40).stream().mapToLong(n -> n).average().orElseThrow();
        assertThat(late).as("%s, blocks per call: %s", what, blocks).isLessThan(1.25 * early + 3);
    }

    /** How many blocks a statement touches, in memory or not. */
    private long blocks(String sql) throws SQLException {
        String plan = String.join("\n", trimmer.column("explain (analyze, buffers, format json) " + sql));
        Matcher found = BLOCKS.matcher(plan);
        long sum = 0;
        // The first two stand for the whole plan.
        for (int i = 0; i < 2; i++) {
            assertThat(found.find()).isTrue();
            sum += Long.parseLong(found.group(1));
        }
        return sum;
    }

    /** So many more events in the log, with ids n-1-1, n-1-2 and so on. */
    private void log(int events) throws SQLException {
        stage(events);
        other.value("select sealed from rt.seal(" + EVERYTHING + ")");
        cleanStage();
    }

    private int staged;

    private void stage(int events) throws SQLException {
        staged++;
        other.column("select rt.publish('acme', 'orders.updated', id => 'n-" + staged + "-' || g)"
                + " from generate_series(1, " + events + ") g");
    }

    /** While nothing in the log is due: so that what a trim returns afterwards are rows of the log. */
    private void cleanStage() throws SQLException {
        long before = floor();
        while (Long.parseLong(other.value("select rt.trim(" + EVERYTHING + ")")) > 0) {
            assertThat(floor()).isEqualTo(before);
        }
    }

    private void age(long from, long to) throws SQLException {
        other.run("update rt.log set logged_at = logged_at - (select replay_window from rt.store)"
                + " where \"offset\" between " + from + " and " + to);
    }

    private int trim() throws SQLException {
        return trimRows(EVERYTHING);
    }

    private int trimRows(int most) throws SQLException {
        return Integer.parseInt(trimmer.value("select rt.trim(" + most + ")"));
    }

    private long floor() throws SQLException {
        return Long.parseLong(other.value("select floor_offset from rt.log_range"));
    }

    private List<Long> offsets() throws SQLException {
        return other.column("select \"offset\" from rt.log order by \"offset\"").stream()
                .map(Long::valueOf)
                .toList();
    }
}
