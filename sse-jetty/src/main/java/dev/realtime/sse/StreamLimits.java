package dev.realtime.sse;

import java.time.Duration;

/**
 * How many streams may be open at once, and for how long each. A stream too many is told {@code limit} and when to come
 * back; a client that reads status codes gets 429. Immutable.
 *
 * @param process in this process, 1 or more
 * @param organisation of one organisation, 1 or more
 * @param user of one user, 1 or more; callers without a user are not counted here
 * @param address from one address (of an IPv6 address its first 64 bits), 1 or more
 * @param replays that read the log from a cursor until they are live, 1 or more; ten times as many wait for that
 * @param lifetime how long a stream lives at most, 1 s or more: it is told {@code rotated} somewhere in the last quarter,
 *     so that streams opened together don't come back together
 */
public record StreamLimits(int process, int organisation, int user, int address, int replays, Duration lifetime) {
    /** What the documentation states. */
    public static final StreamLimits DEFAULTS =
            new StreamLimits(50_000, 20_000, 1_000, 20_000, 2_000, Duration.ofHours(1));

    public StreamLimits {
        if (Math.min(replays, Math.min(Math.min(process, organisation), Math.min(user, address))) < 1) {
            throw new IllegalArgumentException("every limit is 1 or more: " + process + ", " + organisation + ", "
                    + user + ", " + address + ", " + replays);
        }
        if (lifetime.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("lifetime: " + lifetime + " is shorter than a second");
        }
    }

    public StreamLimits withProcess(int streams) {
        return new StreamLimits(streams, organisation, user, address, replays, lifetime);
    }

    public StreamLimits withOrganisation(int streams) {
        return new StreamLimits(process, streams, user, address, replays, lifetime);
    }

    public StreamLimits withUser(int streams) {
        return new StreamLimits(process, organisation, streams, address, replays, lifetime);
    }

    public StreamLimits withAddress(int streams) {
        return new StreamLimits(process, organisation, user, streams, replays, lifetime);
    }

    public StreamLimits withReplays(int streams) {
        return new StreamLimits(process, organisation, user, address, streams, lifetime);
    }

    public StreamLimits withLifetime(Duration lifetime) {
        return new StreamLimits(process, organisation, user, address, replays, lifetime);
    }
}
