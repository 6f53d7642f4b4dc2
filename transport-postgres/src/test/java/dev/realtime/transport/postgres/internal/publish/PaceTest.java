package dev.realtime.transport.postgres.internal.publish;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {
    @Test
    void aFewInstancesNeverWait() {
        for (int instances = 0; instances <= 8; instances++) {
            assertThat(Pace.betweenAnnouncements(instances)).isZero();
            assertThat(Pace.betweenReads(instances)).isZero();
        }
    }

    @Test
    void everyFurtherInstanceMakesAllWaitALittle() {
        assertThat(Pace.betweenAnnouncements(9)).isEqualTo(1_000_000);
        assertThat(Pace.betweenAnnouncements(50)).isEqualTo(42_000_000);
        assertThat(Pace.betweenReads(50)).isEqualTo(16_800_000);
    }

    @Test
    void whoIsLateAnywayDoesNotWait() {
        long before = System.nanoTime();
        Pace.rest(before - 1_000_000_000L, 1_000_000_000L);
        Pace.rest(before, 0);

        assertThat(System.nanoTime() - before).isLessThan(500_000_000L);
    }

    @Test
    void whatIsLeftUnsaidIsDueWhenTheTimeIsOver() {
        Announcements announcements = new Announcements();
        assertThat(announcements.isDue(0, 50)).isTrue();
        announcements.appended(true, 0);
        assertThat(announcements.isUnsaid()).isFalse();

        assertThat(announcements.isDue(1_000_000, 50)).isFalse();
        announcements.appended(false, 1_000_000);
        assertThat(announcements.isUnsaid()).isTrue();
        assertThat(announcements.dueIn(1_000_000, 50)).isEqualTo(41_000_000);
        assertThat(announcements.dueIn(1_000_000, 2)).isNegative();
    }
}
