package dev.realtime.system.log;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.Instances;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault13OutOfOrderTest {
    private static final int SCHEDULES = Soak.times(1_000, 20_000);

    /** Two sessions and an instance take their steps in a random order; what was published first may commit last. */
    @Test
    @Fault(13)
    void aThousandRandomSchedulesHaveNoLossAndOneOrder() throws SQLException {
        long seed = Long.getLong("seed", System.nanoTime());
        try (Instances instances = Instances.fresh()) {
            PubSub a = instances.live();
            PubSub b = instances.live();
            instances.reader(a);
            instances.reader(b);
            List<Session> sessions = List.of(new Session(instances.writer()), new Session(instances.writer()));
            Random random = new Random(seed);
            for (int schedule = 0; schedule < SCHEDULES; schedule++) {
                int steps = 0;
                while (steps < 6 || sessions.stream().anyMatch(session -> session.open)) {
                    int who = random.nextInt(13);
                    if (who == 12) {
                        instances.publish(random.nextBoolean() ? a : b, 1 + random.nextInt(3));
                    } else {
                        sessions.get(who % 2).step(random, steps < 6);
                    }
                    steps++;
                }
            }
            instances.judge();
        } catch (AssertionError | SQLException e) {
            throw new AssertionError("with -Dseed=" + seed, e);
        }
    }

    private static final class Session {
        private final Writer writer;
        private boolean open;

        Session(Writer writer) {
            this.writer = writer;
        }

        void step(Random random, boolean mayBegin) throws SQLException {
            if (!open) {
                if (mayBegin) {
                    writer.begin().publish();
                    open = true;
                }
                return;
            }
            switch (random.nextInt(4)) {
                case 0 -> writer.publish();
                case 1 -> {
                    writer.rollBack();
                    open = false;
                }
                default -> {
                    writer.commit();
                    open = false;
                }
            }
        }
    }
}
