package dev.realtime.sse.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.Caller;
import dev.realtime.sse.StreamLimits;
import dev.realtime.sse.internal.stream.Seats.Full;
import dev.realtime.sse.internal.stream.Seats.Kind;
import dev.realtime.sse.internal.stream.Seats.Seat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SeatsTest {
    private static final StreamLimits LIMITS =
            StreamLimits.DEFAULTS.withProcess(6).withOrganisation(4).withUser(2).withAddress(3);

    private final Seats seats = new Seats(LIMITS);

    @Test
    void theFirstLimitThatIsReachedIsNamedAndNothingIsKept() {
        Caller alice = caller("acme", "alice");
        Seat one = (Seat) seats.take(alice, "a");
        Seat two = (Seat) seats.take(alice, "a");
        assertThat(seats.take(alice, "b")).isEqualTo(new Full(Kind.USER, 2));
        assertThat(seats.take(caller("acme", "bob"), "a")).isInstanceOf(Seat.class);
        assertThat(seats.take(caller("acme", "eve"), "a")).isEqualTo(new Full(Kind.ADDRESS, 3));
        assertThat(seats.take(caller("acme", "eve"), "b")).isInstanceOf(Seat.class);
        assertThat(seats.take(caller("acme", "zoe"), "b")).isEqualTo(new Full(Kind.ORGANISATION, 4));
        one.release();
        two.release();
        assertThat(seats.take(alice, "b")).isInstanceOf(Seat.class);
    }

    @Test
    void usersOfOneNameInTwoOrganisationsAreTwo() {
        seats.take(caller("acme", "alice"), "a");
        seats.take(caller("acme", "alice"), "b");
        assertThat(seats.take(caller("globex", "alice"), "c")).isInstanceOf(Seat.class);
    }

    @Test
    void whoHasNoUserIsNotCountedAsOne() {
        for (int i = 0; i < 4; i++) {
            assertThat(seats.take(caller("acme", null), "a" + i)).isInstanceOf(Seat.class);
        }
    }

    @Test
    void manyAtOnceNeverExceedALimitAndGiveEverythingBack() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        AtomicInteger held = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Caller caller = caller("org" + i, "u");
                work.add(() -> {
                    for (int n = 0; n < 20_000; n++) {
                        if (seats.take(caller, "a" + n % 5) instanceof Seat seat) {
                            most.accumulateAndGet(held.incrementAndGet(), Math::max);
                            held.decrementAndGet();
                            seat.release();
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isBetween(1, 6);
        for (int i = 0; i < 6; i++) {
            assertThat(seats.take(caller("org" + i, null), "x" + i)).isInstanceOf(Seat.class);
        }
        assertThat(seats.take(caller("org", null), "x")).isEqualTo(new Full(Kind.PROCESS, 6));
    }

    private static Caller caller(String organisation, String user) {
        return Caller.of(organisation).withUser(user);
    }
}
