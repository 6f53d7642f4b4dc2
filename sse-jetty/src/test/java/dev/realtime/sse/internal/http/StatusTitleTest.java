package dev.realtime.sse.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.ProblemCode;
import java.util.stream.IntStream;
import org.eclipse.jetty.http.HttpStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusTitleTest {
    @Test
    void whatHasATitleHasJettys() {
        assertThat(IntStream.range(400, 600).filter(StatusTitleTest::isTitled))
                .isNotEmpty()
                .allSatisfy(status -> assertThat(StatusTitle.of(status)).isEqualTo(HttpStatus.getMessage(status)));
    }

    @ParameterizedTest
    @EnumSource
    void everyCodesStatusHasATitle(ProblemCode code) {
        assertThat(isTitled(code.status())).isTrue();
    }

    private static boolean isTitled(int status) {
        return !StatusTitle.of(status).equals(Integer.toString(status));
    }
}
