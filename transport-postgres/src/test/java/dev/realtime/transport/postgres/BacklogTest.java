package dev.realtime.transport.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.testkit.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** More is staged than one portion takes. */
@ExtendWith(LeakCheck.class)
class BacklogTest {
    private final Store store = Store.migrated();
    private Session sealer;
    private Session a;
    private Session b;

    @BeforeEach
    void connect() throws SQLException {
        sealer = store.session();
        a = store.session();
        b = store.session();
    }

    @AfterEach
    void disconnect() throws SQLException {
        for (Session session : List.of(sealer, a, b)) {
            session.close();
        }
        store.close();
    }

    /** The newest transaction is not among a snapshot's open ones: its id is the snapshot's xmax. */
    @Test
    void whoHadTheNewestIdAtATickAndHadStagedIsNotPassedOver() throws SQLException {
        a.begin().publish("ends-first");
        b.begin().publish("newest");
        a.commit();
        assertThat(sealer.value("select sealed from rt.seal(10)")).isEqualTo("1");
        b.commit();
        List<String> expected = new ArrayList<>(List.of("ends-first", "newest"));
        IntStream.range(0, 5).mapToObj(i -> "later-" + i).forEach(expected::add);
        for (String id : expected.subList(2, 7)) {
            a.publish(id);
        }

        sealAll(2);

        assertThat(store.logged()).isEqualTo(expected);
    }

    private void sealAll(int portion) throws SQLException {
        int portions = 0;
        while (sealer.truth("select more from rt.seal(" + portion + ")")) {
            assertThat(portions++).as("portions").isLessThan(100);
        }
    }
}
