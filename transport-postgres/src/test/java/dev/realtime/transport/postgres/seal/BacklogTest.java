package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Cost;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** More is staged than one portion takes. */
@ExtendWith(LeakCheck.class)
class BacklogTest {
    private static final int ROWS = Integer.getInteger("realtime.backlog", 200_000);
    private static final int PORTION = 10_000;

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

    /** The newest transaction is not among a snapshot's open ones: its id is the snapshot's xmax. */
    @Test
    void whoHadTheNewestIdAtATickAndHadStagedIsNotPassedOver() throws SQLException {
        a.begin().publish("ends-first");
        b.begin().publish("newest");
        a.commit();
        assertThat(sealer.value("select sealed from rt.seal(10)")).isEqualTo("1");
        b.commit();
        List<String> expected = new ArrayList<>(List.of("ends-first", "newest"));
        IntStream.range(0, 5).mapToObj(i -> "later-" + i).forEach(expected::add);
        for (String id : expected.subList(2, 7)) {
            a.publish(id);
        }

        sealAll(2);

        assertThat(store.logged()).isEqualTo(expected);
    }

    /** A million of them with {@code -Drealtime.backlog=1000000}. */
    @Test
    void eachPortionOfALargeBacklogIsBoundedAndCostsTheSame() throws SQLException {
        a.publish("first");
        b.begin().publish("open");
        assertThat(waiting()).isEqualTo(1);
        a.run("insert into rt.stage (org_id, id, event, topic, payload) select 'acme', 'event-' || g, 'e', 't', '{}'"
                + " from generate_series(1, " + ROWS + ") g");
        // The first portion looks for the others too.
        Cost.pages(sealer, "select rt.seal(" + PORTION + ")");
        assertThat(waiting()).isEqualTo(ROWS + 1 - PORTION);
        b.commit();
        List<Long> pages = new ArrayList<>();
        for (int portion = 2; portion < ROWS / PORTION; portion++) {
            pages.add(Cost.pages(sealer, "select rt.seal(" + PORTION + ")"));
            if (portion % 10 == 2) {
                // Nobody who appends holds the gate for more than a portion of his own.
                assertThat(append("direct")).isEqualTo("backlog");
            }
            assertThat(sealer.value("select count(*) from rt.log where \"offset\" > "
                            + "(select max(\"offset\") from rt.log) - " + PORTION))
                    .isEqualTo(Integer.toString(PORTION));
        }
        sealAll(PORTION);
        assertThat(waiting()).isZero();

        assertThat(pages)
                .allSatisfy(each -> assertThat(each)
                        .as("pages of each portion: %s", pages)
                        .isLessThanOrEqualTo(pages.get(0) * 3 / 2));
        assertThat(append("direct")).isEqualTo("appended");
        assertThat(sealer.value("select count(*) from rt.log")).isEqualTo(Integer.toString(ROWS + 3));
        assertThat(sealer.value("select count(*) from (select seq, lag(seq) over (order by \"offset\") as earlier"
                        + " from rt.log where id like 'event-%' or id = 'first') s where seq < earlier"))
                .isEqualTo("0");
        assertThat(sealer.column("select id from rt.log order by \"offset\" offset " + (ROWS + 1)))
                .containsExactly("open", "direct");
    }

    private int waiting() throws SQLException {
        return Integer.parseInt(sealer.value("select rt.count_staged(" + 2 * ROWS + ")"));
    }

    private String append(String id) throws SQLException {
        return sealer.value(
                "select outcome from rt.append(array[1], array['acme'], array[?], array['e'], array['t'],"
                        + " array[null], array[0], array['{}'::bytea])",
                id);
    }

    private void sealAll(int portion) throws SQLException {
        int portions = 0;
        while (sealer.truth("select more from rt.seal(" + portion + ")")) {
            assertThat(portions++).as("portions").isLessThan(100);
        }
    }
}
