package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.testkit.checks.Patience;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** F: for adapters with {@link FollowsOrganisations}: an instance hears what somebody there listens to. */
public abstract class FollowRules extends ContractRules<Backend> {
    protected FollowRules(Supplier<? extends Backend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("F1 an organisation nobody follows here is not heard here, those followed are")
    void unfollowedIsNotHeard() {
        Instance publisher = instanceHearing(ACME, GLOBEX);
        Instance listener = instanceHearing(ACME);

        publisher.publish(Envelopes.several(GLOBEX, 5));
        List<Envelope> events = Envelopes.several(ACME, 5);
        publisher.publish(events);

        assertThat(listener.heard(ACME)).extracting(LogEntry::envelope).isEqualTo(events);
        assertThat(listener.sink().entries())
                .extracting(entry -> entry.envelope().orgId())
                .containsOnly(ACME);
    }

    @Test
    @DisplayName("F2 following twice starts the log once and delivers once")
    void followingTwiceIsFollowingOnce() {
        Instance listener = instanceHearing(ACME, ACME);
        Envelope event = Envelopes.of(ACME);

        listener.publish(event);

        assertThat(listener.heard(ACME)).extracting(LogEntry::envelope).containsExactly(event);
        assertThat(listener.sink().startsOf(listener.adapter().logOf(ACME))).hasSize(1);
    }

    @Test
    @DisplayName("F3 following again starts the log again, behind what was not heard in between")
    void followingAgainStartsAgain() {
        Instance publisher = instance();
        Instance listener = instanceHearing(ACME, GLOBEX);
        following(listener).unfollow(ACME);
        listener.heard(GLOBEX);
        Position missed = publisher.publish(Envelopes.of(ACME));

        listener.follow(ACME);
        Patience.await()
                .untilAsserted(() -> assertThat(
                                listener.sink().startsOf(listener.adapter().logOf(ACME)))
                        .hasSize(2));
        Envelope event = Envelopes.of(ACME);
        publisher.publish(event);

        assertThat(listener.startOf(ACME)).isEqualTo(missed);
        assertThat(listener.heard(ACME)).extracting(LogEntry::envelope).containsExactly(event);
    }

    private static FollowsOrganisations following(Instance instance) {
        assertThat(instance.adapter()).isInstanceOf(FollowsOrganisations.class);
        return (FollowsOrganisations) instance.adapter();
    }
}
