package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;

/** How staged events get into the log, called as the sealer does; no instance runs. */
@ExtendWith(LeakCheck.class)
class SealingTest {
    private static final String APPEND = "select outcome from rt.append(array[1], array['acme'], array[?],"
            + " array['orders.updated'], array['events'], array[null], array[0], array['{}'::bytea])";

    private final Store store = Store.migrated();
    private Session sealer;
    private Session a;
    private Session b;

    @BeforeEach
    void connect() throws SQLException {
        sealer = store.session();
        a = store.session();
        b = store.session();
    }

    @AfterEach
    void disconnect() throws SQLException {
        for (Session session : List.of(sealer, a, b)) {
            session.close();
        }
        store.close();
    }

    @Test
    void aBacklogIsSealedInPortionsAndInOrder() throws SQLException {
        a.publish("first");
        b.begin();
        for (int i = 0; i < 7; i++) {
            b.publish("large-" + i);
        }
        a.publish("between");
        b.commit();
        List<String> expected = new ArrayList<>(List.of("first"));
        IntStream.range(0, 7).forEach(i -> expected.add("large-" + i));
        expected.add("between");

        List<String> answers = new ArrayList<>();
        for (int portion = 1; portion <= 4; portion++) {
            answers.add(seal(2));
            assertThat(isStaged()).isTrue();
            assertThat(store.logged()).isEqualTo(expected.subList(0, 2 * portion));
        }
        a.publish("later");
        answers.add(seal(2));
        answers.add(seal(2));

        assertThat(answers).containsExactly("2 t", "2 t", "2 t", "2 t", "1 t", "1 f");
        expected.add("later");
        assertThat(store.logged()).isEqualTo(expected);
        assertThat(isStaged()).isFalse();
    }

    @Test
    void whatIsExactlyOnePortionIsNoBacklog() throws SQLException {
        a.begin().publish("one").publish("two").commit();

        assertThat(List.of(seal(2), seal(2))).containsExactly("2 f", "0 f");
        assertThat(isStaged()).isFalse();
        assertThat(store.logged()).containsExactly("one", "two");
    }

    @Test
    void aPortionIsBoundedInBytesToo() throws SQLException {
        a.run("insert into rt.stage (org_id, id, event, topic, payload) select 'acme', 'big-' || g, 'e', 't',"
                + " convert_to(repeat('x', 1000000), 'UTF8') from generate_series(1, 40) g");

        assertThat(List.of(seal(10_000), seal(10_000), seal(10_000), seal(10_000)))
                .containsExactly("17 t", "17 t", "6 t", "0 f");
        assertThat(store.logged()).hasSize(40);
    }

    @Test
    void anEventLargerThanAPortionIsOne() throws SQLException {
        for (String id : List.of("huge-1", "huge-2")) {
            a.value(
                    "with s as (insert into rt.stage (org_id, id, event, topic, payload)"
                            + " values ('acme', ?, 'e', 't', convert_to(repeat('x', 20000000), 'UTF8')) returning 1)"
                            + " select * from s",
                    id);
        }

        assertThat(List.of(seal(10_000), seal(10_000), seal(10_000))).containsExactly("1 t", "1 t", "0 f");
        assertThat(store.logged()).containsExactly("huge-1", "huge-2");
    }

    @Test
    void whoAppendsSealsFirstAndSaysSoWhenThatIsTooMuch() throws SQLException {
        a.run("select rt.publish('acme', 'e', id => 'staged-' || g) from generate_series(1, 5001) g");

        assertThat(sealer.value(APPEND, "direct")).isEqualTo("backlog");
        assertThat(store.logged()).hasSize(5_000);
        assertThat(seal(10_000)).isEqualTo("1 t");
        assertThat(sealer.value(APPEND, "direct")).isEqualTo("appended");
        assertThat(store.logged()).hasSize(5_002).endsWith("staged-5001", "direct");
    }

    @Test
    void aLongTransactionHoldsNobodyUpAndIsSealedWhenItCommits() throws SQLException {
        a.begin().publish("long-1");
        b.publish("short-1");
        assertThat(seal(100)).isEqualTo("1 f");
        b.publish("short-2");
        a.publish("long-2");
        assertThat(seal(100)).isEqualTo("1 f");
        a.commit();
        b.publish("short-3");
        assertThat(isStaged()).isTrue();
        assertThat(seal(100)).isEqualTo("3 f");

        assertThat(store.logged()).containsExactly("short-1", "short-2", "long-1", "long-2", "short-3");
    }

    @Test
    void whoWasOpenAtATickAndPublishesLaterIsNotPassedOver() throws SQLException {
        a.begin().value("select pg_current_xact_id()");
        b.publish("first");
        seal(100);
        b.publish("second");
        seal(100);
        a.run("savepoint s").publish("third");
        assertThat(isStaged()).isFalse();
        a.commit();

        assertThat(isStaged()).isTrue();
        assertThat(seal(100)).isEqualTo("1 f");
        assertThat(store.logged()).containsExactly("first", "second", "third");
    }

    @Test
    void whoIsOpenWhileABacklogIsSealedInPortionsComesAfterIt() throws SQLException {
        a.begin().publish("open");
        b.begin().publish("one").publish("two").publish("three").commit();
        seal(1);
        a.commit();
        b.publish("four");

        assertThat(List.of(seal(1), seal(1), seal(1), seal(9), seal(9)))
                .containsExactly("1 t", "1 t", "0 t", "2 f", "0 f");
        assertThat(store.logged()).containsExactly("one", "two", "three", "open", "four");
    }

    @Test
    void whatWasRolledBackIsNeitherSealedNorSaidToBeStaged() throws SQLException {
        a.begin();
        for (int i = 0; i < 100; i++) {
            a.publish("undone-" + i);
        }
        assertThat(isStaged()).isFalse();
        a.rollback();
        b.begin()
                .publish("kept")
                .run("savepoint s")
                .publish("undone")
                .run("rollback to s")
                .commit();

        assertThat(isStaged()).isTrue();
        assertThat(List.of(seal(100), seal(100))).containsExactly("1 f", "0 f");
        assertThat(isStaged()).isFalse();
        assertThat(store.logged()).containsExactly("kept");
    }

    @Test
    void aTickIsMadeWhenTransactionIdsHaveMovedFarThoughNothingIsStaged() throws SQLException {
        String before = a.value("select max(number) from rt.tick");
        seal(100);
        assertThat(a.value("select max(number) from rt.tick")).isEqualTo(before);

        a.run("do $$ begin for i in 1..10001 loop perform pg_current_xact_id(); commit; end loop; end $$");

        assertThat(seal(100)).isEqualTo("0 f");
        assertThat(Long.parseLong(a.value("select max(number) from rt.tick"))).isEqualTo(Long.parseLong(before) + 1);
    }

    @Test
    void sealersThatRaceSealEachEventOnce() throws Exception {
        List<String> ids = new ArrayList<>();
        try (Racers racers = new Racers(store)) {
            for (int i = 0; i < 4; i++) {
                int rows = 1 + 10 * i;
                racers.race(session -> session.value("select sealed from rt.seal(" + rows + ")"));
            }
            for (int i = 0; i < 150; i++) {
                a.begin().publish("a" + i);
                b.publish("b" + i);
                a.publish("a" + i + "-too").commit();
                ids.addAll(List.of("a" + i, "b" + i, "a" + i + "-too"));
            }
        }
        sealAll();

        List<String> logged = store.logged();
        assertThat(logged).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(logged.stream().filter(id -> id.startsWith("a")))
                .isEqualTo(ids.stream().filter(id -> id.startsWith("a")).toList());
        assertThat(logged.stream().filter(id -> id.startsWith("b")))
                .isEqualTo(ids.stream().filter(id -> id.startsWith("b")).toList());
    }

    @Test
    void anOldOpenSnapshotNeitherHoldsUpNorIsDisturbed() throws SQLException {
        a.publish("before");
        seal(100);
        try (Session old = store.session()) {
            old.run("begin isolation level repeatable read");
            assertThat(old.value("select count(*) from rt.log")).isEqualTo("1");
            for (int i = 0; i < 50; i++) {
                a.publish("event-" + i);
                assertThat(seal(100)).isEqualTo("1 f");
                a.value("select rt.trim(5000)");
            }
            assertThat(a.value("select count(*) from rt.stage")).isEqualTo("0");
            assertThat(a.value("select count(*) from rt.tick")).isEqualTo("1");
            assertThat(old.value("select count(*) from rt.log")).isEqualTo("1");
        }
        assertThat(store.logged()).hasSize(51);
    }

    @Test
    void lookingForStagedEventsReadsTheIndexAndWritesNothing() throws SQLException {
        a.run("select count(rt.publish('acme', 'e')) from generate_series(1, 5000)");
        sealAll();
        a.run("analyze rt.stage");
        a.begin();
        assertThat(a.truth("select rt.is_staged()")).isFalse();
        assertThat(scans(a, "stage")).isEqualTo("0 scans, 0 rows");
        assertThat(a.value("select pg_current_xact_id_if_assigned()")).isNull();
        a.commit();

        b.publish("new");
        a.begin();
        assertThat(a.truth("select rt.is_staged()")).isTrue();
        assertThat(scans(a, "stage")).startsWith("0 scans");
    }

    @Test
    void sealingAndAppendingLookUpIdsByIndexHoweverLargeTheLogIs() throws SQLException {
        a.run("insert into rt.log (\"offset\", org_id, id, event, topic, payload, created_at)"
                + " select -g, 'acme', md5(g::text), 'e', 't', '{}', now() from generate_series(1, 20000) g");
        a.run("select count(rt.publish('acme', 'e')) from generate_series(1, 1000)");
        a.run("analyze rt.log; analyze rt.stage");

        sealer.begin();
        assertThat(seal(10_000)).isEqualTo("1000 f");
        assertThat(scans(sealer, "log")).isEqualTo("0 scans, 0 rows");
        assertThat(scans(sealer, "stage")).startsWith("0 scans");
        sealer.commit();

        sealer.begin();
        assertThat(sealer.value("select cardinality(offsets) from rt.append(array_fill(1, array[1000]),"
                        + " array_fill('acme'::text, array[1000]),"
                        + " array(select md5(g::text) from generate_series(1, 500) g union all"
                        + "       select 'new-' || g from generate_series(1, 500) g),"
                        + " array_fill('e'::text, array[1000]), array_fill('t'::text, array[1000]),"
                        + " array_fill(null::text, array[1000]), array_fill(0::bigint, array[1000]),"
                        + " array_fill('{}'::bytea, array[1000])) where outcome = 'known'"))
                .isEqualTo("1000");
        assertThat(scans(sealer, "log")).isEqualTo("0 scans, 500 rows");
        sealer.commit();
    }

    @ParameterizedTest
    @ValueSource(strings = {"repeatable read", "serializable"})
    void onlyReadCommittedSeals(String level) throws SQLException {
        a.publish("one");
        for (String call : List.of("select sealed from rt.seal(10)", APPEND.replace("?", "'direct'"))) {
            sealer.run("begin isolation level " + level);
            PSQLException refused = catchThrowableOfType(PSQLException.class, () -> sealer.value(call));
            assertThat(refused.getSQLState()).isEqualTo("25000");
            assertThat(refused.getMessage()).contains(level);
            sealer.rollback();
        }
        assertThat(store.logged()).isEmpty();
    }

    @Test
    void aTransactionThatHasWrittenSealsNothing() throws SQLException {
        for (String call : List.of("select sealed from rt.seal(10)", APPEND.replace("?", "'direct'"))) {
            sealer.begin().publish("mine").run("savepoint s");
            PSQLException refused = catchThrowableOfType(PSQLException.class, () -> sealer.value(call));
            assertThat(refused.getSQLState()).isEqualTo("25000");
            assertThat(refused.getServerErrorMessage().getHint()).contains("publish()");
            sealer.run("rollback to s").commit();
        }
        assertThat(store.logged()).isEmpty();
        assertThat(isStaged()).isTrue();
    }

    @Test
    void sealingNothingWritesNothing() throws SQLException {
        sealer.begin();

        assertThat(seal(100)).isEqualTo("0 f");
        assertThat(sealer.value("select pg_current_xact_id_if_assigned()")).isNull();
        assertThat(sealer.value("select rt.trim(5000)")).isEqualTo("0");
        assertThat(sealer.value("select rt.settle()")).isEqualTo("f");
        assertThat(sealer.value("select pg_current_xact_id_if_assigned()")).isNull();
    }

    @Test
    void afterARestoreEveryEventIsSealedOnceAndItGoesOn() throws SQLException {
        a.publish("sealed");
        seal(100);
        a.publish("staged-1").publish("staged-2").publish("staged-1");
        b.begin().publish("open");
        restoredFromAServerWithHigherIds();
        assertThat(isStaged()).isFalse();
        PSQLException refused = catchThrowableOfType(PSQLException.class, () -> seal(100));
        assertThat(refused.getSQLState()).isEqualTo("55000");
        assertThat(refused.getServerErrorMessage().getHint()).contains("settle()");
        a.publish("after-1");

        assertThat(sealer.truth("select rt.settle()")).isTrue();
        assertThat(sealer.truth("select rt.settle()")).isFalse();
        b.commit();
        a.publish("after-2");
        sealAll();

        assertThat(store.logged()).containsExactly("sealed", "staged-1", "staged-2", "after-1", "open", "after-2");
    }

    @Test
    void aStoreMovedToAnotherClusterIsSettledToo() throws SQLException {
        for (String moved : List.of("home_system = 1", "home_database = 1", "home_stage = 1")) {
            a.publish(moved.replace(" = ", "-"));
            a.run("update rt.store set " + moved);

            assertThat(sealer.truth("select rt.settle()")).isTrue();
            assertThat(sealer.truth("select rt.settle()")).isFalse();
        }
        assertThat(store.logged()).containsExactly("home_system-1", "home_database-1", "home_stage-1");
    }

    @Test
    void settlingNeverHandsOutAnOffsetOrANumberInTheStageTwice() throws SQLException {
        a.publish("one").publish("two");
        seal(100);
        a.publish("three");
        a.run("select setval('rt.log_offset', 1, false);"
                + " select setval(pg_get_serial_sequence('rt.stage', 'seq'), 1, false);"
                + " update rt.store set home_system = 1");

        sealer.value("select rt.settle()");
        a.publish("four");
        sealAll();

        assertThat(store.logged()).containsExactly("one", "two", "three", "four");
        assertThat(a.value("select count(distinct seq) from rt.log")).isEqualTo("4");
    }

    @Test
    void nothingIsTrimmedByTicksOfAnotherServer() throws SQLException {
        for (int i = 0; i < 3; i++) {
            a.publish("event-" + i);
            seal(100);
        }
        String staged = a.value("select count(*) from rt.stage");
        a.run("update rt.store set home_system = 1");

        assertThat(a.value("select rt.trim(5000)")).isEqualTo("0");
        assertThat(a.value("select count(*) from rt.stage")).isEqualTo(staged);
    }

    @Test
    void whatIsCommittedWhileAStoreIsSettledIsNotLost() throws Exception {
        int events = 400;
        try (Racers racers = new Racers(store)) {
            racers.race(session -> {
                session.run("update rt.store set home_system = 1");
                session.value("select rt.settle()");
            });
            for (int i = 0; i < events; i++) {
                (i % 2 == 0 ? a : b).publish("event-" + i);
            }
        }
        sealAll();

        assertThat(store.logged())
                .isEqualTo(
                        IntStream.range(0, events).mapToObj(i -> "event-" + i).toList());
    }

    @Test
    void anInstanceThatConnectsToARestoredStoreSettlesIt() throws Exception {
        a.publish("sealed");
        seal(100);
        a.publish("staged");
        restoredFromAServerWithHigherIds();

        Node node = store.node();
        node.publish(Envelopes.withId(Store.ORG, "direct"));
        a.publish("by-sql");

        node.awaitIds(List.of("direct", "by-sql"));
        assertThat(store.logged()).containsExactly("sealed", "staged", "direct", "by-sql");
    }

    @Test
    void cleaningTheStageWhileOthersSealLosesNothing() throws Exception {
        int events = 400;
        try (Racers racers = new Racers(store)) {
            racers.race(session -> session.value("select rt.trim(5000)"));
            racers.race(session -> session.value("select rt.trim(5000)"));
            racers.race(session -> session.value("select sealed from rt.seal(3)"));
            racers.race(session -> session.value("select sealed from rt.seal(100)"));
            for (int i = 0; i < events; i += 4) {
                a.begin().publish("event-" + i).publish("event-" + (i + 1));
                b.publish("event-" + (i + 2)).publish("event-" + (i + 3));
                a.commit();
            }
        }
        sealAll();
        while (!sealer.value("select rt.trim(5000)").equals("0")) {
            assertThat(isStaged()).isFalse();
        }

        assertThat(store.logged())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, events).mapToObj(i -> "event-" + i).toList());
        assertThat(a.value("select count(*) from rt.stage")).isEqualTo("0");
    }

    @Test
    void theLogKeepsWhatTheStageStillHolds() throws SQLException {
        for (int i = 0; i < 250; i++) {
            a.publish("event-" + i);
            seal(100);
        }
        a.run("update rt.log set logged_at = logged_at - interval '1 day'");

        int rounds = 0;
        while (!a.value("select rt.trim(5000)").equals("0")) {
            rounds++;
            assertThat(a.value("select count(*) from rt.stage s where not exists"
                            + " (select from rt.log l where l.seq = s.seq)"))
                    .isEqualTo("0");
        }
        assertThat(rounds).isGreaterThan(1);
        assertThat(store.logged()).isEmpty();
        assertThat(a.value("select floor_offset = head_offset and head_check = rt.check_of('event-249')"
                        + " from rt.log_range"))
                .isEqualTo("t");
    }

    private void restoredFromAServerWithHigherIds() throws SQLException {
        a.run("update rt.tick set snapshot = (far.id || ':' || far.id || ':')::pg_snapshot"
                + " from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000 as id) far");
    }

    private boolean isStaged() throws SQLException {
        return sealer.truth("select rt.is_staged()");
    }

    private String seal(int rows) throws SQLException {
        return sealer.value("select sealed || ' ' || left(more::text, 1) from rt.seal(" + rows + ")");
    }

    private void sealAll() throws SQLException {
        String answer = seal(10_000);
        while (answer.endsWith("t")) {
            answer = seal(10_000);
        }
    }

    /** What this transaction has read of a table: how often all of it, and how many rows by index. */
    private String scans(Session session, String table) throws SQLException {
        return session.value(
                "select seq_scan || ' scans, ' || idx_tup_fetch || ' rows' from pg_stat_xact_all_tables"
                        + " where schemaname = ? and relname = ?",
                store.schema(),
                table);
    }
}
