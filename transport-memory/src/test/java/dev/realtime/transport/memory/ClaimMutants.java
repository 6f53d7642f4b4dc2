package dev.realtime.transport.memory;

import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Adapters that give keys wrongly. */
final class ClaimMutants {
    private ClaimMutants() {}

    /** Claims wrongly. */
    private interface Claim {
        boolean of(ClaimsKeys adapter, String key, Duration ttl);
    }

    static Stream<Mutant> all() {
        return Stream.of(
                new Mutant("C1", "each instance knows its own claims only", ClaimMutants::alone),
                new Mutant("C2", "each instance knows its own claims only", ClaimMutants::alone),
                claiming("C2", "looks, and then takes", lookingFirst()),
                claiming(
                        "C3",
                        "knows no difference of case",
                        (adapter, key, ttl) -> adapter.claim(key.replace('K', 'k'), ttl)),
                claiming(
                        "C3",
                        "cuts long keys",
                        (adapter, key, ttl) -> adapter.claim(key.substring(0, Math.min(127, key.length())), ttl)),
                claiming(
                        "C4",
                        "gives keys back early",
                        (adapter, key, ttl) ->
                                adapter.claim(key, ttl.compareTo(Duration.ofSeconds(1)) < 0 ? ttl.dividedBy(4) : ttl)),
                claiming(
                        "C4",
                        "gives all keys back together",
                        (adapter, key, ttl) -> adapter.claim(key, Duration.ofMillis(400))),
                claiming("C5", "lets nobody have a key when it is closed", answeringWhenAway(false)),
                claiming("C6", "gives every key while it is away", answeringWhenAway(true)),
                new Mutant("C7", "remembers the keys of one stay only", ClaimMutants::forgetful));
    }

    private static Mutant claiming(String rule, String breaks, Claim wrongly) {
        return new Mutant(rule, breaks, adapter -> new ForwardingAdapter(adapter) {
            @Override
            public boolean claim(String key, Duration ttl) {
                return wrongly.of((ClaimsKeys) adapter, key, ttl);
            }
        });
    }

    private static PubSubAdapter alone(PubSubAdapter adapter) {
        return new ForwardingAdapter(adapter) {
            private final Map<String, Duration> own = new ConcurrentHashMap<>();

            @Override
            public boolean claim(String key, Duration ttl) {
                return own.put(key, ttl) == null;
            }
        };
    }

    /** Two steps, with time for others in between. */
    private static Claim lookingFirst() {
        Set<String> taken = ConcurrentHashMap.newKeySet();
        return (adapter, key, ttl) -> {
            boolean free = !taken.contains(key);
            if (free) {
                LockSupport.parkNanos(10_000_000);
            }
            taken.add(key);
            return free;
        };
    }

    private static Claim answeringWhenAway(boolean answer) {
        return (adapter, key, ttl) -> {
            try {
                return adapter.claim(key, ttl);
            } catch (TransportUnavailableException away) {
                return answer;
            }
        };
    }

    /** Keys carry the number of the stay. */
    private static PubSubAdapter forgetful(PubSubAdapter adapter) {
        return new ForwardingAdapter(adapter) {
            @Override
            public boolean claim(String key, Duration ttl) {
                return ((ClaimsKeys) adapter)
                        .claim(key + "-" + adapter.status().since().toEpochMilli(), ttl);
            }
        };
    }
}
