package dev.realtime.sse.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FarewellsTest {
    private final AtomicLong now = new AtomicLong();
    private final Farewells farewells = new Farewells(300, now::get);

    @Test
    void thereAreATenthOfTheStreamsAtOnce() {
        assertThat(take(30)).doesNotContainNull();
        assertThat(farewells.take()).isNull();
        assertThat(new Farewells(1, now::get).limit()).isEqualTo(20);
    }

    @Test
    void aPlaceIsThereAgainWhenItsConnectionIsGoneAndOnlyOnce() {
        SseConnection.Place place = Objects.requireNonNull(take(30).get(0));
        place.ended();
        assertThat(farewells.take()).isNull();
        place.gone();
        place.gone();
        assertThat(farewells.take()).isNotNull();
        assertThat(farewells.take()).isNull();
        now.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(farewells.take()).isNull();
    }

    @Test
    void orSomeTimeAfterItsEndIfNobodyTells() {
        take(30).forEach(SseConnection.Place::ended);
        assertThat(farewells.take()).isNull();
        now.addAndGet(Duration.ofSeconds(3).toNanos());
        assertThat(take(30)).doesNotContainNull();
        assertThat(farewells.take()).isNull();
    }

    private List<SseConnection.Place> take(int places) {
        return Stream.generate(farewells::take).limit(places).toList();
    }
}
