package dev.realtime.transport.redis.internal;

import static dev.realtime.transport.redis.internal.Instance.ORG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Timing;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.TestRedis;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the log is at Redis: keys, life times, trimming, and what happens when somebody takes a key away. */
@ExtendWith(LeakCheck.class)
class RedisLogTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofSeconds(1);

    private final String url = TestRedis.shared().url();
    private final String prefix = TestRedis.shared().freshPrefix();
    private final String tag = prefix + ":{org:acme}:";
    private final List<Instance> instances = new ArrayList<>();
    private Console console;

    @BeforeEach
    void open() {
        console = new Console(url);
    }

    @AfterEach
    void close() {
        instances.forEach(Instance::close);
        console.keys(prefix + ":*").forEach(console::delete);
        console.close();
    }

    @Test
    void entriesAndChannelsAreWhereTheDocumentsSay() throws Exception {
        Instance instance = instance(LONG).following(ORG, "_ops");
        Envelope event = Envelopes.withAudience(Envelopes.withId(ORG, "order-1"), List.of("ann", "bob,2"));

        instance.publish(event);

        StreamMessage<String, String> entry =
                console.redis().xrange(tag + "stream", Range.unbounded()).get(0);
        assertThat(entry.getId()).isEqualTo("0-1");
        assertThat(entry.getBody())
                .containsEntry("id", "order-1")
                .containsEntry("check", Position.checkOf("order-1"))
                .containsEntry("event", event.type())
                .containsEntry("topic", event.topic())
                .containsEntry("payload", event.payload().toString())
                .containsEntry("users", "ann bob,2")
                .containsKeys("ts", "at");
        assertThat(console.redis().pubsubChannels(prefix + ":*"))
                .containsExactlyInAnyOrder(tag + "events", prefix + ":ops:events");
        instance.sink().awaitId("order-1");
        assertThat(instance.sink().entries()).extracting(LogEntry::envelope).containsExactly(event);
    }

    @Test
    void everyKeyExpires() throws Exception {
        instance(LONG).publish(Envelopes.several(ORG, 3));

        for (String key : console.keys(prefix + ":*")) {
            long most = key.endsWith(":meta") ? Timing.metaLife(LONG).toMillis() : LONG.toMillis();
            assertThat(console.redis().pttl(key)).as(key).isBetween(most - 20_000, most);
        }
    }

    @Test
    void whatIsOlderThanTheWindowIsTrimmedByLaterAppends() throws Exception {
        Instance instance = instance(SHORT);
        Position zero = instance.adapter().range(ORG).head();
        Instant begun = Instant.now();
        Map<Long, Position> published = new HashMap<>();
        Position first = instance.publish(Envelopes.of(ORG));
        published.put(first.offset(), first);

        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    Position next = instance.publish(Envelopes.of(ORG));
                    published.put(next.offset(), next);
                    return instance.adapter().range(ORG).floor().offset() >= first.offset();
                });

        assertThat(Duration.between(begun, Instant.now())).isGreaterThan(SHORT);
        LogRange range = instance.adapter().range(ORG);
        assertThat(range.floor()).isEqualTo(published.get(range.floor().offset()));
        assertThat(console.redis().xlen(tag + "stream"))
                .isEqualTo(range.head().offset() - range.floor().offset())
                .isPositive();
        assertThat(instance.adapter().read(ORG, zero, 10)).isEqualTo(new LogPage.Gap(GapReason.TRIMMED, range));
    }

    @Test
    void idleLogIsTrimmedByItselfAndKnowsItsHead() throws Exception {
        Instance instance = instance(SHORT);
        Envelope event = Envelopes.of(ORG);
        Position last = instance.publish(event);

        await().until(() -> console.redis().exists(tag + "stream") == 0);

        assertThat(instance.adapter().range(ORG)).isEqualTo(new LogRange(last, last));
        assertThat(instance.publish(event).offset()).isEqualTo(last.offset() + 1);
    }

    @Test
    void logThatIsGoneBeginsAnewUnderAnotherEpoch() throws Exception {
        Instance instance = instance(LONG);
        Position zero = instance.adapter().range(ORG).head();
        Position old = instance.publish(Envelopes.of(ORG));
        console.keys(prefix + ":*").forEach(console::delete);

        Position early = instance.adapter().range(ORG).head();
        assertThat(early.epoch()).isNotEqualTo(old.epoch());
        assertThat(reason(instance, zero)).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(reason(instance, old)).isEqualTo(GapReason.EPOCH_CHANGED);

        instance.publish(Envelopes.of(ORG));
        assertThat(reason(instance, zero)).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(reason(instance, old)).isEqualTo(GapReason.EPOCH_CHANGED);
    }

    @Test
    void evictedMetaIsANewLogThatKnowsNoOldIds() throws Exception {
        Instance instance = instance(LONG).following(ORG);
        instance.publish(Envelopes.of(ORG));
        Envelope event = Envelopes.of(ORG);
        Position old = instance.publish(event);
        instance.sink().awaitId(event.id());
        console.delete(tag + "meta");

        Position again = instance.publish(Envelopes.withPayload(event, JsonPayload.EMPTY));

        assertThat(again.epoch()).isNotEqualTo(old.epoch());
        assertThat(again.offset()).isEqualTo(1);
        assertThat(instance.sink().awaitGap().reason()).isEqualTo(GapReason.EPOCH_CHANGED);
    }

    @Test
    void entriesThatSomebodyTookOutAreAGap() throws Exception {
        Instance instance = instance(LONG);
        List<Position> published = instance.publish(Envelopes.several(ORG, 5));
        console.redis().xdel(tag + "stream", "0-3");

        assertThat(reason(instance, published.get(0))).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(reason(instance, published.get(1))).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(reason(instance, published.get(2))).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(instance.adapter().read(ORG, published.get(3), 10)).isInstanceOf(LogPage.Entries.class);
    }

    @Test
    void conflictLeavesItsNeighboursAlone() throws Exception {
        Instance instance = instance(LONG);
        Envelope taken = Envelopes.of(ORG);
        Position first = instance.publish(taken);
        List<CompletableFuture<List<Position>>> waiting = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waiting.add(instance.adapter().publish(List.of(Envelopes.of(ORG))));
        }
        CompletableFuture<List<Position>> conflict =
                instance.adapter().publish(List.of(Envelopes.of(ORG), Envelopes.withPayload(taken, JsonPayload.EMPTY)));
        CompletableFuture<List<Position>> behind = instance.adapter().publish(List.of(Envelopes.of(ORG), taken));

        List<Position> answer = behind.get(20, TimeUnit.SECONDS);

        assertThat(answer.get(0).offset()).isEqualTo(52);
        assertThat(answer.get(1)).isEqualTo(first);
        assertThat(waiting).allSatisfy(each -> assertThat(each).isCompleted());
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(conflict::get)
                .havingCause()
                .isInstanceOfSatisfying(
                        EventConflictException.class,
                        taken2 -> assertThat(taken2.eventId()).isEqualTo(taken.id()));
    }

    @Test
    void orderHoldsWhileTheServerForgetsItsScripts() throws Exception {
        Instance instance = instance(LONG).following(ORG);
        List<CompletableFuture<List<Position>>> publications = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            publications.add(instance.adapter().publish(List.of(Envelopes.of(ORG))));
            if (i % 100 == 0) {
                console.redis().scriptFlush();
            }
        }

        for (int i = 0; i < publications.size(); i++) {
            assertThat(publications.get(i).get(20, TimeUnit.SECONDS).get(0).offset())
                    .isEqualTo(i + 1);
        }
        await().until(() -> instance.sink().entries().size() == 2_000);
    }

    @Test
    void megabytesComeInPages() throws Exception {
        Instance instance = instance(LONG).following(ORG);
        Position zero = instance.adapter().range(ORG).head();
        JsonPayload megabyte = Envelopes.payloadOf(1 << 20);
        List<Envelope> events = Envelopes.several(ORG, 5).stream()
                .map(event -> Envelopes.withPayload(event, megabyte))
                .toList();

        instance.publish(events);

        LogPage.Entries page = (LogPage.Entries) instance.adapter().read(ORG, zero, 100);
        assertThat(page.entries()).hasSize(1);
        assertThat(page.through().offset()).isEqualTo(1);
        instance.sink().awaitId(events.get(4).id());
        assertThat(instance.sink().ids())
                .isEqualTo(events.stream().map(Envelope::id).toList());
        assertThat(instance.sink().entries().stream()
                        .allMatch(entry -> entry.envelope().payload().equals(megabyte)))
                .isTrue();
    }

    private Instance instance(Duration window) {
        Instance instance = new Instance(url, prefix, window).live();
        instances.add(instance);
        return instance;
    }

    private static GapReason reason(Instance instance, Position after) {
        return ((LogPage.Gap) instance.adapter().read(ORG, after, 10)).reason();
    }
}
