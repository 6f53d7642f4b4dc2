package dev.realtime.transport.postgres.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Seat;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.PGConnection;

/** Publishers send a hint only while nobody seals, and nobody waits for the safety poll all the same. */
@ExtendWith(LeakCheck.class)
class HintTest {
    /** The safety poll comes once a second. */
    private static final double WELL_BEFORE_THE_SAFETY_POLL = 800;

    /** One safety poll, a quarter of a second of patience with the one who has the seat, and a busy machine. */
    private static final double CUT_OFF = 2_500;

    private final Store store = Store.migrated();
    private final List<String> ids = new ArrayList<>();
    private Session sql;
    private Session other;

    @BeforeEach
    void connect() throws SQLException {
        sql = store.session();
        other = store.session();
        other.run("create table rt.committed (id text, at timestamptz)");
    }

    @AfterEach
    void disconnect() throws SQLException {
        sql.close();
        other.close();
        store.close();
    }

    @Test
    void anAwakeSealerGetsNoHintsAndASleepingOneGetsOneForEachTransaction() throws SQLException {
        try (Session ear = store.session()) {
            ear.run("listen " + sql.value("select quote_ident(channel) from rt.store"));
            Seat.take(other);
            for (int i = 0; i < 20; i++) {
                sql.begin().publish("awake-" + i).publish("awake-too-" + i).commit();
            }
            assertThat(heard(ear)).isZero();

            Seat.leave(other);
            for (int i = 0; i < 20; i++) {
                sql.begin().publish("asleep-" + i).publish("asleep-too-" + i).commit();
            }
            assertThat(heard(ear)).isEqualTo(20);

            sql.run("set realtime.hint = off").publish("told-not-to");
            assertThat(heard(ear)).isZero();
        }
    }

    @Test
    void whateverTheMomentAnEventIsSealedWellBeforeTheSafetyPoll() throws SQLException {
        Node node = store.node();
        for (int i = 0; i < 120; i++) {
            publish("wakes-" + i);
            // Half a millisecond later each time: while it is awake, as it falls asleep, and after.
            spin(i * 500_000L);
            publish("event-" + i);
        }

        node.awaitIds(ids);
        assertThat(worstDelay()).isLessThan(WELL_BEFORE_THE_SAFETY_POLL);
    }

    @Test
    void whoStagedWhileTheSealerWasAwakeAndEndsLaterIsSealedSoon() throws SQLException {
        Node node = store.node();
        for (int i = 0; i < 6; i++) {
            boolean isPrepared = i % 2 == 1;
            String gid = store.schema() + "-" + i;
            Seat.take(other);
            sql.begin();
            sql.publish("late-" + i);
            if (isPrepared) {
                sql.run("prepare transaction '" + gid + "'");
            }
            Seat.leave(other);
            other.publish("wakes-" + i);
            committed("wakes-" + i);
            node.awaitIds(ids);
            Seat.awaitFree(other);
            sql.run(isPrepared ? "commit prepared '" + gid + "'" : "commit");
            committed("late-" + i);
        }

        node.awaitIds(ids);
        assertThat(worstDelay()).isLessThan(WELL_BEFORE_THE_SAFETY_POLL);
    }

    @Test
    void whenTheSealerIsKilledAnotherOneTakesOver() throws SQLException {
        Node one = store.node();
        Node two = store.node();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 30; i++) {
                publish("round-" + round + "-" + i);
                if (i == 10) {
                    Seat.killHolder(other);
                }
            }
        }

        one.awaitIds(ids);
        two.awaitIds(ids);
        assertThat(worstDelay()).isLessThan(CUT_OFF);
    }

    @Test
    void whenTheSealerIsCutOffTheOthersSealWithoutTheSeat() throws SQLException {
        URI server = URI.create(Store.server().url());
        try (TcpProxy proxy = TcpProxy.to(server.getHost(), server.getPort())) {
            Node far = store.start(Map.of(
                            "DATABASE_URL",
                            "postgres://" + server.getRawUserInfo() + "@127.0.0.1:" + proxy.port()
                                    + server.getRawPath()))
                    .live();
            publish("wakes");
            Seat.awaitTaken(other);
            proxy.blackHole();
            Node near = store.node();
            int i = 0;
            while (i < 3 || (Seat.isTaken(other) && i < 5)) {
                publish("event-" + i++);
                near.sink().awaitId("event-" + (i - 1));
            }

            assertThat(worstDelay()).isLessThan(CUT_OFF);
            proxy.heal();
            far.awaitIds(ids);
        }
    }

    private static int heard(Session ear) throws SQLException {
        ear.run("select 1");
        var notifications = ear.connection().unwrap(PGConnection.class).getNotifications();
        return notifications == null ? 0 : notifications.length;
    }

    private void publish(String id) throws SQLException {
        sql.publish(id);
        committed(id);
    }

    /** Remembers when, by the server's clock. */
    private void committed(String id) throws SQLException {
        ids.add(id);
        other.value(
                "with w as (insert into rt.committed values (?, clock_timestamp()) returning 1) select * from w", id);
    }

    /** Milliseconds between commit and log. */
    private double worstDelay() throws SQLException {
        String worst = other.value("select round(1000 * max(extract(epoch from l.logged_at - c.at)), 1)"
                + " from rt.committed c join rt.log l using (id)");
        System.out.println("worst delay between commit and log, of " + ids.size() + " events: " + worst + " ms");
        return Double.parseDouble(worst);
    }

    private static void spin(long nanos) {
        long until = System.nanoTime() + nanos;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
    }
}
