package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogId;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The parts of the kit that rules rest on can fail themselves. */
class RecordingSinkTest {
    @Test
    void noticesCallsThatOverlap() throws Exception {
        RecordingSink sink = new RecordingSink();
        CyclicBarrier together = new CyclicBarrier(4);
        List<Thread> callers = IntStream.range(0, 4)
                .mapToObj(i -> new Thread(() -> {
                    try {
                        together.await();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                    for (int call = 0; call < 200; call++) {
                        sink.started(LogId.SHARED, new Position("e", call, Position.NO_EVENT));
                    }
                }))
                .toList();
        callers.forEach(Thread::start);
        for (Thread caller : callers) {
            caller.join();
        }

        assertThatExceptionOfType(AssertionError.class).isThrownBy(sink::assertCallsNeverOverlapped);
    }
}
