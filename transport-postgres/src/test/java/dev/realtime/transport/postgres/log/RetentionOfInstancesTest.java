package dev.realtime.transport.postgres.log;

import static dev.realtime.transport.postgres.equipment.Store.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Gap;
import dev.realtime.transport.Delivery.Live;
import dev.realtime.transport.Delivery.Opened;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Published;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Instances that trim beside their work, and what somebody hears who comes back too late. */
@ExtendWith(LeakCheck.class)
class RetentionOfInstancesTest {
    private final Store store = new Store();
    private final List<PubSub> instances = new ArrayList<>();
    private Session sql;

    @BeforeEach
    void connect() throws SQLException {
        sql = store.session();
    }

    @AfterEach
    void disconnect() throws SQLException {
        instances.forEach(PubSub::close);
        sql.close();
        store.close();
    }

    @Test
    void whoComesBackFromBeforeTheFloorIsToldAGapAndGetsTheRest() throws Exception {
        PubSub instance = instance(3_600);
        List<Position> old = publish(instance, IntStream.range(0, 5).mapToObj(i -> event("old-" + i)));
        trimThrough(old.get(3));
        List<Position> young = publish(instance, IntStream.range(0, 2).mapToObj(i -> event("young-" + i)));
        awaitHeard(instance, young.get(1));

        List<String> heard = new ArrayList<>();
        try (Subscription late = instance.subscribe(from(old.get(1)), () -> {})) {
            while (!heard.contains("live")) {
                heard.add(line(next(late)));
            }
        }

        assertThat(heard)
                .containsExactly(
                        "gap trimmed " + old.get(1).cursor() + " floor 4 head 7",
                        "open 4",
                        "old-4",
                        "young-0",
                        "young-1",
                        "live");
    }

    @Test
    void aReplayThatIsOvertakenByTheFloorSaysWhereTheGapIsAndGoesOnBehindIt() throws Exception {
        PubSub instance = instance(3_600);
        int count = 2_500;
        int floor = 1_800;
        List<Position> positions = new ArrayList<>();
        for (int batch = 0; batch < count / 500; batch++) {
            int first = batch * 500;
            positions.addAll(publish(
                    instance,
                    IntStream.range(first, first + 500)
                            .mapToObj(i -> event("n-" + i).withPayload('"' + "x".repeat(2_000) + '"'))));
        }
        awaitHeard(instance, positions.get(count - 1));

        List<String> heard = new ArrayList<>();
        try (Subscription slow = instance.subscribe(from(positions.get(0)), () -> {})) {
            heard.add(line(next(slow)));
            // The first page waits for its reader: the next one is not read before that.
            await().until(() -> slow.waitingBytes() > 500_000);
            trimThrough(positions.get(floor - 1));
            while (!heard.contains("live")) {
                heard.add(line(next(slow)));
            }
        }

        List<String> gaps =
                heard.stream().filter(line -> line.startsWith("gap")).toList();
        assertThat(gaps).hasSize(1);
        int gap = heard.indexOf(gaps.get(0));
        int before = gap - 1; // without `open`
        assertThat(before).as("replayed before the gap").isBetween(400, floor - 2);
        assertThat(gaps.get(0))
                .isEqualTo("gap trimmed " + positions.get(before).cursor() + " floor " + floor + " head " + count);
        List<String> expected = new ArrayList<>(List.of("open 1"));
        IntStream.rangeClosed(1, before).forEach(i -> expected.add("n-" + i));
        expected.add(gaps.get(0));
        IntStream.range(floor, count).forEach(i -> expected.add("n-" + i));
        expected.add("live");
        assertThat(heard).isEqualTo(expected);
    }

    @Test
    void allPublishWhileATrimHangsAndWhenItIsKilledAnyOfThemGoesOn() throws Exception {
        for (int i = 0; i < 3; i++) {
            instance(1);
        }
        try (Session hanging = store.session();
                Subscription subscriber = instances.get(2).subscribe(SubscribeRequest.of(Store.ORG), () -> {})) {
            trimOneAndHang(hanging);

            List<String> published = new ArrayList<>();
            for (int round = 0; round < 10; round++) {
                for (PubSub instance : instances) {
                    published.add("while-" + published.size());
                    publish(instance, Stream.of(event(published.get(published.size() - 1))));
                }
                published.add("while-" + published.size());
                sql.publish(published.get(published.size() - 1));
            }
            instance(1); // one more comes and goes
            instances.remove(3).close();

            List<String> heard = new ArrayList<>();
            while (!heard.contains(published.get(published.size() - 1))) {
                heard.add(line(next(subscriber)));
            }
            heard.removeIf(line -> !line.startsWith("while-"));
            assertThat(heard).isEqualTo(published);
            assertThat(store.logged()).as("nobody else trims").containsAll(published);
            sql.value("select pg_terminate_backend(?::integer, 5000)", hanging.value("select pg_backend_pid()"));
            awaitEmptyLog();
        }

        instances.remove(0).close();
        instances.remove(0).close();
        publish(instances.get(0), Stream.of(event("last")));
        awaitEmptyLog();
    }

    @Test
    void aRunningInstanceObeysTheWindowInTheDatabase() throws Exception {
        PubSub instance = instance(1);
        sql.run("update rt.store set replay_window = interval '1 hour'");
        publish(instance, IntStream.range(0, 3).mapToObj(i -> event("n-" + i)));
        assertThat(sql.value("select rt.trim(100)")).isEqualTo("0");

        sql.run("update rt.store set replay_window = interval '1 second'");

        awaitEmptyLog();
    }

    /** Another instance with such a window, live. */
    private PubSub instance(int windowSeconds) {
        PubSub instance = PubSub.open(Settings.of(Map.of(
                "REALTIME_TRANSPORT", "postgres",
                "DATABASE_URL", Store.server().url(),
                "REALTIME_SCHEMA", store.schema(),
                "REALTIME_REPLAY_WINDOW_SECONDS", Integer.toString(windowSeconds))));
        instances.add(instance);
        await().until(() -> instance.status().state() == State.LIVE);
        return instance;
    }

    /** Trims an event before the instances can, and does not commit. */
    private void trimOneAndHang(Session hanging) throws Exception {
        publish(instances.get(0), Stream.of(event("first")));
        String trimmed = "0";
        while (trimmed.equals("0")) {
            hanging.rollback();
            publish(instances.get(0), Stream.of(event("filler-" + System.nanoTime())));
            sql.run("update rt.log set logged_at = logged_at - interval '1 hour'");
            trimmed = hanging.begin().value("select rt.trim(1)");
        }
    }

    private void awaitEmptyLog() {
        await().untilAsserted(() -> assertThat(store.logged()).isEmpty());
    }

    /** Trims everything up to there, and nothing else. */
    private void trimThrough(Position last) throws SQLException {
        sql.run("update rt.log set logged_at = logged_at - interval '1 day' where \"offset\" <= " + last.offset());
        await().until(() -> {
            sql.value("select rt.trim(1000)");
            return sql.value("select floor_offset from rt.log_range").equals(Long.toString(last.offset()));
        });
    }

    private static Event event(String id) {
        return Event.of(Store.ORG, "orders.updated").withId(id);
    }

    private static List<Position> publish(PubSub instance, Stream<Event> events) throws Exception {
        return instance.publish(events.toList()).committed().get(20, TimeUnit.SECONDS).stream()
                .map(Published::position)
                .toList();
    }

    /** Until this instance has delivered everything up to there: what is replayed later is not live as well. */
    private static void awaitHeard(PubSub instance, Position last) {
        await().untilAsserted(() -> {
            try (Subscription fresh = instance.subscribe(SubscribeRequest.of(Store.ORG), () -> {})) {
                assertThat(next(fresh)).isEqualTo(new Opened(last, false));
            }
        });
    }

    private static SubscribeRequest from(Position position) {
        return SubscribeRequest.of(Store.ORG).from(position.cursor());
    }

    private static Delivery next(Subscription subscription) {
        return await().until(subscription::poll, delivery -> delivery != null);
    }

    private static String line(Delivery delivery) {
        if (delivery instanceof Received received) {
            return received.envelope().id();
        }
        if (delivery instanceof Gap gap && gap.reason() == GapReason.TRIMMED && gap.floor() != null) {
            return "gap trimmed " + gap.requested() + " floor " + gap.floor().offset() + " head "
                    + gap.head().offset();
        }
        if (delivery instanceof Opened opened && opened.start() != null) {
            return "open " + opened.start().offset();
        }
        return delivery instanceof Live ? "live" : delivery.toString();
    }
}
