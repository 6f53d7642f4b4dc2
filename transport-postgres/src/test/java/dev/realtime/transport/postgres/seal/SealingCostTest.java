package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Cost;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Old snapshots, long writers and what was rolled back make nothing dearer. Counted in pages, not in time. */
@ExtendWith(LeakCheck.class)
class SealingCostTest {
    /** As the instances do it, in one session: publish, look, seal, clean, each in a transaction of its own. */
    private static final String ROUNDS = "do $$ begin for i in 1..%d loop"
            + " perform rt.publish('acme', 'e', id => '%s-' || i); commit; perform rt.is_staged(); commit;"
            + " perform rt.seal(1000); commit; perform rt.trim(1000); commit; end loop; end $$";

    /** What so many calls of publish() leave on the stage, and much faster. */
    private static final String STAGED = "insert into rt.stage (org_id, id, event, topic, payload)"
            + " select 'acme', '%s-' || g, 'e', 'events', '{}' from generate_series(1, %d) g";

    private final Store store = Store.migrated();
    private Session a;
    private Session other;

    @BeforeEach
    void connect() throws SQLException {
        a = store.session();
        other = store.session();
        // Plans with the statistics that a server in use has.
        a.run("analyze rt.stage; analyze rt.log; analyze rt.tick; analyze rt.floor; analyze rt.store");
    }

    @AfterEach
    void disconnect() throws SQLException {
        a.close();
        other.close();
        store.close();
    }

    @Test
    void whileAnHourOldSnapshotIsOpenNothingGetsDearer() throws SQLException {
        a.run("update rt.store set replay_window = interval '0'");
        a.run(ROUNDS.formatted(50, "before"));
        other.run("begin isolation level repeatable read").value("select count(*) from rt.log");
        Map<String, Long> fresh = costs("fresh");
        List<Map<String, Long>> later = new ArrayList<>();
        for (int part = 0; part < 3; part++) {
            a.run(ROUNDS.formatted(400, "part-" + part));
            later.add(costs("later-" + part));
        }
        System.out.println("pages under an old snapshot: " + fresh + " " + later);
        assertFlat(fresh, later);
        later.get(2)
                .forEach((call, pages) -> assertThat(pages)
                        .as("pages of %s, over time: %s", call, later)
                        .isLessThanOrEqualTo(later.get(0).get(call) + 5));
    }

    @Test
    void aWriterThatStaysOpenAndHasStagedNothingMakesNothingDearer() throws SQLException {
        a.run(ROUNDS.formatted(50, "before"));
        Map<String, Long> fresh = costs("fresh");
        other.begin().value("select pg_current_xact_id()");
        a.run(ROUNDS.formatted(300, "meanwhile"));

        assertFlat(fresh, List.of(costs("later")));
    }

    @Test
    void aWriterThatStaysOpenAndHasStagedMuchMakesNothingDearer() throws SQLException {
        a.run(ROUNDS.formatted(50, "before"));
        Map<String, Long> fresh = costs("fresh");
        other.begin().run(STAGED.formatted("long", 100_000));
        Map<String, Long> first = costs("first");
        a.run(ROUNDS.formatted(200, "meanwhile"));
        Map<String, Long> later = costs("later");

        assertFlat(fresh, List.of(first, later));
        other.commit();
        sealAll();
        assertThat(a.value("select count(*) || ' ' || count(*) filter (where id = 'long-100000') from rt.log"
                        + " where id like 'long-%'"))
                .isEqualTo("100000 1");
    }

    @Test
    void whatWasRolledBackMakesNothingDearer() throws SQLException {
        a.run(ROUNDS.formatted(50, "before"));
        Map<String, Long> fresh = costs("fresh");
        other.begin().run(STAGED.formatted("undone", 200_000)).rollback();
        costs("steps-over-it");
        Map<String, Long> later = costs("later");

        assertFlat(fresh, List.of(later));
    }

    /** Pages touched by one call each, with one event staged where that makes a difference. */
    private Map<String, Long> costs(String id) throws SQLException {
        Map<String, Long> pages = new LinkedHashMap<>();
        pages.put("is_staged() of nothing", Cost.pages(a, "select rt.is_staged()"));
        pages.put("publish()", Cost.pages(a, "select rt.publish('acme', 'e', id => '" + id + "-1')"));
        pages.put("is_staged()", Cost.pages(a, "select rt.is_staged()"));
        pages.put("seal()", Cost.pages(a, "select rt.seal(1000)"));
        pages.put("seal() of nothing", Cost.pages(a, "select rt.seal(1000)"));
        pages.put("trim()", Cost.pages(a, "select rt.trim(1000)"));
        pages.put("trim() of nothing", Cost.pages(a, "select rt.trim(1000)"));
        return pages;
    }

    private static void assertFlat(Map<String, Long> fresh, List<Map<String, Long>> later) {
        for (Map<String, Long> costs : later) {
            costs.forEach((call, pages) -> assertThat(pages)
                    .as("pages of %s; at first %s, then %s", call, fresh, later)
                    .isLessThanOrEqualTo(fresh.get(call) * 2 + 20));
        }
    }

    private void sealAll() throws SQLException {
        int portions = 0;
        while (a.truth("select more from rt.seal(10000)")) {
            assertThat(portions++).as("portions").isLessThan(100);
        }
    }
}
