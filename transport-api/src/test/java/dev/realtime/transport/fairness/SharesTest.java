package dev.realtime.transport.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharesTest {
    private final Shares shares = new Shares(1_200);

    @ParameterizedTest
    @CsvSource({"1, 600", "2, 400", "3, 300", "5, 200"})
    void whoTakesAllTheyMayGetTheSameAndLeaveAsMuchFree(int holders, long each) {
        for (int i = 0; i < 1_200 * holders; i++) {
            shares.take("h" + i % holders, 1);
        }

        assertThat(shares.taken()).isEqualTo(holders * each);
        assertThat(shares.fits("h0", 1)).isFalse();
        assertThat(shares.fits("another", 1)).isTrue();
    }

    @Test
    void whatIsGivenBackCanBeTakenAgain() {
        assertThat(shares.take("a", 600)).isTrue();
        assertThat(shares.take("a", 1)).isFalse();

        shares.giveBack("a", 600);

        assertThat(shares.taken()).isZero();
        assertThat(shares.take("b", 600)).isTrue();
    }

    @Test
    void theOnlyThingOfAHolderMayGrowAsFarAsThereIsRoom() {
        shares.add("b", 300);
        assertThat(shares.grow("a", 0, 600)).isTrue();
        assertThat(shares.grow("a", 600, 300)).isTrue();
        assertThat(shares.grow("a", 900, 1)).as("more than there is").isFalse();

        shares.giveBack("b", 300);
        assertThat(shares.grow("a", 0, 1)).as("a second thing, beyond its share").isFalse();
        assertThat(shares.grow("c", 0, 1)).isTrue();
    }
}
