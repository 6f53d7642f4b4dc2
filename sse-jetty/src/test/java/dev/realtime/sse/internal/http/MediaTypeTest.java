package dev.realtime.sse.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediaTypeTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            delimiter = '|',
            value = {
                "null|true",
                "''|true",
                "*/*|true",
                "text/*|true",
                "text/event-stream|true",
                "Text/Event-Stream|true",
                "text/html, text/event-stream;q=0.5|true",
                "text/html|false",
                "application/json|false",
                "text/event-stream;q=0|false",
                "text/event-stream; q=0.0, text/html|false",
                "text/event-stream;q=0, */*;q=0.1|true",
            })
    void acceptsEventStream(String accept, boolean accepts) {
        assertThat(MediaType.acceptsEventStream(accept)).isEqualTo(accepts);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            value = {
                "null,false",
                "application/json,true",
                "application/json;charset=utf-8,true",
                "APPLICATION/JSON ; charset=UTF-8,true",
                "application/json-seq,false",
                "text/plain,false",
                "application/x-www-form-urlencoded,false",
            })
    void isJson(String contentType, boolean json) {
        assertThat(MediaType.isJson(contentType)).isEqualTo(json);
    }
}
