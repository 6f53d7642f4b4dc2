package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.OwnPostgres.Stop;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whoever missed a part of the log that was lost is told, also who was away since before it: an epoch ends. */
@ExtendWith(LeakCheck.class)
class LostTailTest {
    private static final String SCHEMA = "lost";

    private final OwnPostgres server = OwnPostgres.started();
    private final TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port());
    private final TcpProxy otherProxy = TcpProxy.to("127.0.0.1", server.port());
    private final Store store = new Store(through(proxy), SCHEMA);
    private OwnPostgres standby;

    @AfterEach
    void stop() {
        store.close();
        proxy.close();
        otherProxy.close();
        server.close();
        if (standby != null) {
            standby.close();
        }
    }

    @Test
    void anOlderCopyOfTheDataAndABaseBackupThatIsStartedAsItIsBeginAnEpochAndARestartDoesNot() throws Exception {
        Node node = store.node();
        Position away = published(node, 3);

        after(() -> server.restart(Stop.FAST), node);
        after(() -> killAndStart(), node);
        assertThat(gaps(node)).isEmpty();
        assertThat(entries(node.adapter().read(Store.ORG, away, 10)).entries()).isEmpty();

        after(
                () -> {
                    server.stop(Stop.FAST);
                    server.snapshot();
                    server.start();
                },
                node);
        loseByRestoring(node, away);

        away = published(node, 3);
        server.backUp();
        loseByRestoring(node, away);
        assertThat(gaps(node)).hasSize(2);
    }

    private void loseByRestoring(Node node, Position away) throws Exception {
        int told = gaps(node).size();
        published(node, 3);
        server.kill();
        server.restore();
        server.start();

        Store.await().until(() -> gaps(node).size() > told);
        // The offsets of the lost ones are given out again.
        Position head = published(node, 5);
        requireTold(node, away, head);
    }

    @Test
    void aFailoverWithoutTheTailIsToldAndSoIsWhatTheDemotedPrimaryStillAcknowledges() throws Exception {
        server.stop(Stop.FAST);
        standby = server.standby();
        Node onNew = store.node();
        Node onOld = store.start(Map.of("DATABASE_URL", through(otherProxy))).live();
        Position away = published(onNew, 3);
        Store.await().until(() -> countOn(standby) == 3);
        standby.stop(Stop.FAST);
        published(onNew, 3);

        standby.start();
        standby.promote();
        lead(proxy, standby);
        Store.await().until(() -> !gaps(onNew).isEmpty());
        Position since = published(onNew, 1);
        requireTold(onNew, away, since);

        published(onOld, 20);
        lead(otherProxy, standby);
        Store.await().until(() -> !gaps(onOld).isEmpty());
        Store.await().until(() -> gaps(onNew).size() == 2);
        Position head = published(onOld, 1);
        requireTold(onNew, since, head);
        requireTold(onOld, away, head);
        assertThat(gaps(onOld)).hasSize(1);
    }

    @Test
    void acknowledgementsFromADemotedPrimaryAreSeenWhileTheNewOneIsFollowed() throws Exception {
        server.stop(Stop.FAST);
        standby = server.standby();
        // LISTEN and the tail go one way, publications another.
        Node node =
                store.start(Map.of("DATABASE_LISTEN_URL", through(otherProxy))).live();
        Position away = published(node, 3);
        Store.await().until(() -> countOn(standby) == 3);
        standby.promote();
        lead(otherProxy, standby);
        node.sink().awaitStatus(State.DOWN);
        published(node, 3);

        lead(proxy, standby);
        Store.await()
                .until(() -> !gaps(node).isEmpty() && node.adapter().status().state() == State.LIVE);
        requireTold(node, away, published(node, 1));
    }

    @Test
    void aSwitchoverThatLosesNothingCostsOneGap() throws Exception {
        server.stop(Stop.FAST);
        standby = server.standby();
        Node one = store.node();
        Node other = store.node();
        Position away = published(one, 3);
        Store.await().until(() -> countOn(standby) == 3);

        server.stop(Stop.FAST);
        standby.promote();
        lead(proxy, standby);
        Store.await().until(() -> !gaps(one).isEmpty() && !gaps(other).isEmpty());
        Store.await().until(() -> one.adapter().status().state() == State.LIVE);
        Position head = published(one, 1);

        requireTold(other, away, head);
        assertThat(head.offset()).isGreaterThan(away.offset());
        assertThat(gaps(one)).hasSize(1);
        assertThat(gaps(other)).hasSize(1);
        assertThat(gaps(one).get(0).resumesAt().epoch()).isEqualTo(head.epoch());
        assertThat(gaps(other).get(0).resumesAt().epoch()).isEqualTo(head.epoch());
    }

    /** A resume from there is told so. */
    private static void requireTold(Node node, Position away, Position head) {
        LogPage page = node.adapter().read(Store.ORG, away, 10);
        assertThat(page).isInstanceOf(LogPage.Gap.class);
        LogPage.Gap gap = (LogPage.Gap) page;
        assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(gap.resumesAt()).isEqualTo(head);
        assertThat(gaps(node)).allSatisfy(told -> assertThat(told.reason()).isEqualTo(GapReason.EPOCH_CHANGED));
    }

    private static LogPage.Entries entries(LogPage page) {
        assertThat(page).isInstanceOf(LogPage.Entries.class);
        return (LogPage.Entries) page;
    }

    private static List<LogPage.Gap> gaps(Node node) {
        return node.sink().calls(Call.Lost.class).stream().map(Call.Lost::gap).toList();
    }

    /** Publishes when it may, and says where the last one is. */
    private static Position published(Node node, int events) throws Exception {
        return node.publish(Envelopes.several(Store.ORG, events)).get(events - 1);
    }

    /** And waits until the instance is back. */
    private static void after(Runnable outage, Node node) {
        long before = timesLive(node);
        outage.run();
        Store.await().until(() -> timesLive(node) > before);
    }

    private static long timesLive(Node node) {
        return node.sink().calls(Call.Status.class).stream()
                .filter(call -> call.status().state() == State.LIVE)
                .count();
    }

    private void killAndStart() {
        server.kill();
        server.start();
    }

    private static void lead(TcpProxy proxy, OwnPostgres to) {
        proxy.retarget("127.0.0.1", to.port());
        proxy.resetAll();
    }

    /** -1 as long as the schema has not come there. */
    private static long countOn(OwnPostgres standby) {
        try (Connection connection = standby.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from \"" + SCHEMA + "\".log")) {
            row.next();
            return row.getLong(1);
        } catch (SQLException notYet) {
            return -1;
        }
    }

    private String through(TcpProxy way) {
        return server.url().replace(":" + server.port() + "/", ":" + way.port() + "/");
    }
}
