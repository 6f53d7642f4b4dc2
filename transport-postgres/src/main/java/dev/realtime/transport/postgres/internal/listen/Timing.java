package dev.realtime.transport.postgres.internal.listen;

import java.time.Duration;

/**
 * How often an instance does what it does when nothing happens. All of it only reads.
 *
 * @param pollLive how often the log is read although no notification came
 * @param pollDeaf the same while there is no LISTEN
 * @param pulse how often the LISTEN connection is asked; with its deadline of 2 s, a black hole lasts 4 s
 * @param survey how often the server is looked at, by the {@code Lookout}
 */
public record Timing(Duration pollLive, Duration pollDeaf, Duration pulse, Duration survey) {
    public static final Timing STANDARD =
            new Timing(Duration.ofSeconds(1), Duration.ofMillis(100), Duration.ofSeconds(2), Duration.ofSeconds(5));

    /** The same at so many times the speed: a minute of it passes in less. */
    public Timing faster(int times) {
        return new Timing(
                pollLive.dividedBy(times), pollDeaf.dividedBy(times), pulse.dividedBy(times), survey.dividedBy(times));
    }
}
