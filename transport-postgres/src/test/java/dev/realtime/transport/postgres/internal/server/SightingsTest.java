package dev.realtime.transport.postgres.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class SightingsTest {
    private static final Sight.Problem VIEW = new Sight.Problem("a view", true);
    private static final Sight.Problem POLICY = new Sight.Problem("a policy", false);

    private final Sightings sightings = new Sightings();

    @Test
    void whatWasFoundBeforeAllWasWellAndComesAfterItCountsForNothing() throws SQLException {
        sightings.look(false, () -> VIEW);
        Queue<Sight.Problem> answers = new ArrayDeque<>(Arrays.asList(VIEW));

        Sight.Problem late = sightings.look(true, () -> {
            Sight.Problem before = answers.poll();
            if (before != null) {
                sightings.look(false, () -> null);
                assertThat(sightings.wasReplaced()).isTrue();
            }
            return before;
        });

        assertThat(late).isNull();
        assertThat(sightings.last()).isNull();
        assertThat(sightings.wasReplaced()).as("told a second time").isFalse();
    }

    @Test
    void whatIsFoundAfterAllWasWellCounts() throws SQLException {
        sightings.look(false, () -> null);
        assertThat(sightings.look(true, () -> VIEW)).isEqualTo(VIEW);

        assertThat(sightings.last()).isEqualTo(VIEW);
        assertThat(sightings.wasReplaced()).isTrue();
        assertThat(sightings.wasReplaced()).isFalse();
    }

    @Test
    void whatOneConnectionMayNotReadIsNotEverybodys() throws SQLException {
        assertThat(sightings.look(false, () -> POLICY)).isEqualTo(POLICY);
        assertThat(sightings.last()).isNull();

        sightings.look(true, () -> POLICY);
        assertThat(sightings.last()).isEqualTo(POLICY);
        assertThat(sightings.wasReplaced()).isFalse();
    }
}
