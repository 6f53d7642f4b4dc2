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
    void beyondItsShareAHolderComesAsFarAsThereIsRoom() {
        assertThat(shares.take("a", 700)).as("who holds nothing").isTrue();
        assertThat(shares.take("a", 1)).isFalse();
        assertThat(shares.takeBeyond("a", 500)).isTrue();
        assertThat(shares.takeBeyond("a", 1)).isFalse();

        assertThat(shares.take("b", 1)).isFalse();
        shares.giveBack("a", 1);
        assertThat(shares.take("b", 1)).isTrue();
    }
}
