package dev.realtime.sse.internal.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.realtime.sse.internal.http.Problem;
import dev.realtime.sse.internal.http.ProblemException;
import dev.realtime.transport.event.Event;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventsBodyTest {
    private static final int MAX_PAYLOAD = 1_024;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-1.50e3",
                "0",
                "true",
                "false",
                "\"\"",
                "\"a\\u00fc\\n\"",
                "\"ü€😀\"",
                "[]",
                "{}",
                "[1, [2 ,3]]",
                "{ \"b\":1,\"a\":  {\"payload\": \"}\"} }",
                "123456789012345678901234567890.000100",
            })
    void thePayloadIsTheSliceAsItCame(String payload) {
        for (String form : List.of(
                "{\"event\":\"e\",\"payload\":%s}",
                "{\"event\":\"e\",\"payload\" :  %s  ,\"topic\":\"ü\"}".replace("ü", "t"),
                " { \"payload\":%s, \"event\":\"e\" } ",
                "[{\"event\":\"e\",\"payload\":%s}]")) {
            assertThat(parse(form.formatted(payload)))
                    .singleElement()
                    .satisfies(event -> assertThat(event.payload()).hasToString(payload));
        }
    }

    @Test
    void defaultsAreTheCallersOrganisationTheCommonTopicAndAnEmptyPayload() {
        assertThat(parse("{\"event\":\"e\"}")).containsExactly(Event.of("org", "e"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | body_not_json | body",
                "nonsense | body_not_json | body",
                "{\"event\":\"e\" | body_not_json | body",
                "{\"event\":\"e\"} x | body_not_json | body",
                "{\"event\":\"e\"}{} | body_not_json | body",
                "5 | wrong_type | body",
                "null | wrong_type | body",
                "[[]] | wrong_type | body",
                "[] | invalid_batch | events",
                "{} | missing_field | event",
                "{\"event\":5} | wrong_type | event",
                "{\"event\":null} | wrong_type | event",
                "{\"event\":\"\"} | invalid_event | event",
                "{\"event\":\"a b\"} | invalid_event | event",
                "{\"event\":\"realtime.open\"} | invalid_event | event",
                "{\"event\":\"e\",\"event\":\"f\"} | repeated_field | event",
                "{\"event\":\"e\",\"x\":1} | unknown_field | x",
                "{\"event\":\"e\",\"topic\":\"a/../b\"} | invalid_topic | topic",
                "{\"event\":\"e\",\"topic\":\"😀\"} | invalid_topic | topic",
                "{\"event\":\"e\",\"topic\":\"a\\r\\nb\"} | invalid_topic | topic",
                "{\"event\":\"e\",\"id\":\"a\\\"b\"} | invalid_id | id",
                "{\"event\":\"e\",\"org_id\":\"\"} | invalid_org_id | org_id",
                "{\"event\":\"e\",\"user_ids\":[]} | invalid_user_ids | user_ids",
                "{\"event\":\"e\",\"user_ids\":[1]} | wrong_type | user_ids",
                "{\"event\":\"e\",\"user_ids\":\"u\"} | wrong_type | user_ids",
                "{\"event\":\"e\",\"user_ids\":null} | wrong_type | user_ids",
                "{\"event\":\"e\",\"payload\":null} | payload_null | payload",
                "{\"event\":\"e\",\"payload\":} | body_not_json | body",
                "{\"event\":\"e\",\"payload\":\"\\ud800\"} | payload_not_json | payload",
            })
    void whatBreaksARuleIsNamed(String body, String code, String field) {
        Problem problem = refused(body);
        assertThat(problem.code()).isEqualTo(code);
        assertThat(problem.field()).isEqualTo(field);
        assertThat(problem.status()).isEqualTo(400);
    }

    @Test
    void anErrorNamesTheEventsIndex() {
        assertThat(refused("[{\"event\":\"a\"},{\"event\":\"b\"},{\"event\":\"\"}]")
                        .index())
                .isEqualTo(2);
    }

    @Test
    void aPayloadOfTheLimitIsTakenAndOneByteMoreIsNot() {
        String limit = "\"" + "é".repeat((MAX_PAYLOAD - 2) / 2) + "\"";
        assertThat(parse("{\"event\":\"e\",\"payload\":" + limit + "}")).hasSize(1);

        Problem problem =
                refused("[{\"event\":\"e\"},{\"event\":\"e\",\"payload\":" + limit.replace("\"é", "\"xé") + "}]");
        assertThat(problem)
                .extracting(Problem::status, Problem::code, Problem::limit, Problem::size, Problem::index)
                .containsExactly(413, "payload_too_large", (long) MAX_PAYLOAD, MAX_PAYLOAD + 1L, 1);
    }

    @Test
    void aThousandEventsAreTakenAndOneMoreIsNot() {
        assertThat(parse("[" + "{\"event\":\"e\"},".repeat(999) + "{\"event\":\"e\"}]"))
                .hasSize(1_000);
        assertThat(refused("[" + "{\"event\":\"e\"},".repeat(1_000) + "{\"event\":\"e\"}]"))
                .extracting(Problem::code, Problem::limit)
                .containsExactly("invalid_batch", 1_000L);
    }

    @Test
    void deepNestingIsRefused() {
        assertThat(refused("{\"event\":\"e\",\"payload\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}")
                        .code())
                .isIn("payload_too_deep", "payload_too_large");
        assertThat(refused("{\"event\":\"e\",\"payload\":" + "[".repeat(501) + "]".repeat(501) + "}")
                        .code())
                .isEqualTo("payload_too_deep");
        assertThat(parse("{\"event\":\"e\",\"payload\":" + "[".repeat(500) + "]".repeat(500) + "}"))
                .hasSize(1);
    }

    @Test
    void otherEncodingsAreRefused() {
        for (byte[] body : new byte[][] {
            "{\"event\":\"e\"}".getBytes(StandardCharsets.UTF_16),
            "{\"event\":\"e\"}".getBytes(StandardCharsets.UTF_16LE),
            "{\"event\":\"e\"}".getBytes(StandardCharsets.UTF_16BE),
            "\uFEFF{\"event\":\"e\"}".getBytes(StandardCharsets.UTF_8),
            "{\"event\":\"e\",\"payload\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1),
        }) {
            ProblemException refusal =
                    catchThrowableOfType(ProblemException.class, () -> EventsBody.parse(body, MAX_PAYLOAD, "org"));
            assertThat(refusal).isNotNull();
            assertThat(refusal.problem().status()).isEqualTo(400);
        }
    }

    private static List<Event> parse(String body) {
        return EventsBody.parse(body.getBytes(StandardCharsets.UTF_8), MAX_PAYLOAD, "org");
    }

    private static Problem refused(String body) {
        ProblemException refusal = catchThrowableOfType(ProblemException.class, () -> parse(body));
        assertThat(refusal)
                .as(body.length() > 80 ? body.substring(0, 80) : body)
                .isNotNull();
        return refusal.problem();
    }
}
