package dev.realtime.sse.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.StreamClient.Frame;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamFramesTest {
    private final TestGateway gateway = TestGateway.start(options -> options.withHeartbeat(Duration.ofMillis(400)));

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void aFreshStreamOpensGoesLiveAndCarriesEvents() {
        StreamClient stream = gateway.stream("");
        assertThat(stream.statusLine()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(stream.header("Content-Type")).isEqualTo("text/event-stream");
        assertThat(stream.header("Cache-Control")).isEqualTo("no-cache, no-transform");
        assertThat(stream.header("X-Accel-Buffering")).isEqualTo("no");
        assertThat(stream.header("Server")).isNull();

        Frame open = stream.next();
        assertThat(open.event()).isEqualTo("realtime.open");
        assertThat(open.id()).matches("[A-Za-z0-9._]+-0-0");
        assertThat(open.retry()).isEqualTo("2000");
        String epoch = open.id().substring(0, open.id().indexOf('-'));
        assertThat(open.data())
                .startsWith("{\"instance\":\"" + gateway.gateway().pubSub().instance() + "\",\"epoch\":\"" + epoch
                        + "\",\"resumed\":false,\"caller\":\"");
        assertThat(stream.next()).isEqualTo(new Frame("realtime.live", null, null, "{}"));

        HttpResponse<String> answer = gateway.post(
                "{\"event\":\"orders.updated\",\"topic\":\"resource:orders\",\"payload\":{\"n\" : 1},\"id\":\"e1\"}");
        assertThat(answer.statusCode()).isEqualTo(201);
        Frame event = stream.next();
        assertThat(event.event()).isNull();
        assertThat(answer.body()).isEqualTo("[{\"id\":\"e1\",\"cursor\":\"" + event.id() + "\"}]");
        assertThat(event.data())
                .matches("\\{\"id\":\"e1\",\"org_id\":\"default\",\"event\":\"orders.updated\","
                        + "\"topic\":\"resource:orders\",\"timestamp\":\"[^\"]+Z\",\"version\":\"v1\","
                        + "\"payload\":\\{\"n\" : 1}}");
    }

    @Test
    void namedFramesCarryTheEventsName() {
        StreamClient stream = gateway.stream("?named=true");
        stream.awaitLive();
        String cursor = gateway.publish("orders.updated");
        Frame event = stream.next();
        assertThat(event.event()).isEqualTo("orders.updated");
        assertThat(event.id()).isEqualTo(cursor);
    }

    @Test
    void aResumedStreamGetsWhatCameAfterItsCursorOnceAndInOrder() {
        List<String> cursors =
                IntStream.range(0, 250).mapToObj(i -> gateway.publish("e")).toList();
        StreamClient stream = gateway.stream("?lastEventId=nonsense", "Last-Event-ID", cursors.get(99));
        Frame open = stream.next();
        assertThat(open.id()).isEqualTo(cursors.get(99));
        assertThat(open.data()).contains("\"resumed\":true,");
        for (String cursor : cursors.subList(100, 250)) {
            assertThat(stream.next().id()).isEqualTo(cursor);
        }
        assertThat(stream.next().event()).isEqualTo("realtime.live");
        String after = gateway.publish("e");
        assertThat(stream.next().id()).isEqualTo(after);
    }

    @Test
    void theQuerysCursorCountsWithoutAHeader() {
        String first = gateway.publish("e");
        String second = gateway.publish("e");
        StreamClient stream = gateway.stream("?lastEventId=" + first);
        assertThat(stream.next().id()).isEqualTo(first);
        assertThat(stream.next().id()).isEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "a%0d%0ab",
                "%00",
                "%zz",
                "%22quoted%22",
                "x-1-abcdef-0000000000000000000000000000000000000000000000000000000000",
                "%F0%9F%98%80",
            })
    void aMalformedCursorIsAGapAndNeverAnError(String cursor) {
        gateway.publish("e");
        StreamClient stream = gateway.stream("?lastEventId=" + cursor);
        assertThat(stream.statusLine()).isEqualTo("HTTP/1.1 200 OK");
        Frame gap = stream.next();
        assertThat(gap.event()).isEqualTo("realtime.gap");
        assertThat(gap.id()).isNull();
        assertThat(gap.data()).startsWith("{\"reason\":\"malformed\",\"requested\":\"");
        assertThat(stream.next().event()).isEqualTo("realtime.open");
        assertThat(stream.next().event()).isEqualTo("realtime.live");
    }

    @Test
    void aForeignCursorIsAGapAndTheStreamGoesOnFromTheHead() {
        String head = gateway.publish("e");
        StreamClient stream = gateway.stream("", "Last-Event-ID", "foreign-7-abcdef");
        Frame gap = stream.next();
        assertThat(gap.event()).isEqualTo("realtime.gap");
        assertThat(gap.data())
                .startsWith("{\"reason\":\"epoch_changed\",\"requested\":\"foreign-7-abcdef\",\"floor\":\"")
                .endsWith(",\"head\":\"" + head + "\"}");
        Frame open = stream.next();
        assertThat(open.id()).isEqualTo(head);
        assertThat(open.data()).contains("\"resumed\":false,");
    }

    @Test
    void bothFiltersMustMatch() {
        StreamClient stream = gateway.stream("?topics=resource:*,custom:x&events=orders.*");
        stream.awaitLive();
        gateway.post(
                "[{\"event\":\"orders.a\",\"topic\":\"other\"},{\"event\":\"users.a\",\"topic\":\"custom:x\"},"
                        + "{\"event\":\"orders.b\",\"topic\":\"resource:orders\"},{\"event\":\"orders.c\",\"topic\":\"custom:x\"}]");
        assertThat(stream.next().data()).contains("orders.b");
        assertThat(stream.next().data()).contains("orders.c");
    }

    @Test
    void aMegabyteOfFourByteCharactersComesOutAsItWentIn() {
        String payload = "\"" + "😀".repeat((1_048_576 - 2) / 4) + "\"";
        StreamClient stream = gateway.stream("?topics=big");
        stream.awaitLive();
        HttpResponse<String> answer = gateway.post("{\"event\":\"big\",\"topic\":\"big\",\"payload\":" + payload + "}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        Frame event = stream.next();
        while (event.isHeartbeat()) {
            event = stream.next();
        }
        assertThat(event.data()).endsWith("\"payload\":" + payload + "}");
    }

    @Test
    void manyStreamsGetEveryEventInOrder() {
        List<StreamClient> streams = IntStream.range(0, 20)
                .mapToObj(i -> gateway.stream("?events=e"))
                .toList();
        streams.forEach(StreamClient::awaitLive);
        List<String> cursors =
                IntStream.range(0, 100).mapToObj(i -> gateway.publish("e")).toList();
        for (StreamClient stream : streams) {
            for (String cursor : cursors) {
                Frame frame = stream.next();
                while (frame.isHeartbeat()) {
                    frame = stream.next();
                }
                assertThat(frame.id()).isEqualTo(cursor);
            }
        }
    }
}
