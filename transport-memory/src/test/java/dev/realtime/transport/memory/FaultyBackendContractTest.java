package dev.realtime.transport.memory;

import dev.realtime.transport.testkit.ClaimOutageRules;
import dev.realtime.transport.testkit.ClaimRules;
import dev.realtime.transport.testkit.DeliveryRules;
import dev.realtime.transport.testkit.FollowRules;
import dev.realtime.transport.testkit.LifecycleRules;
import dev.realtime.transport.testkit.LostLogRules;
import dev.realtime.transport.testkit.OrganisationRules;
import dev.realtime.transport.testkit.OutageRules;
import org.junit.jupiter.api.Nested;

/** The rules that need outages, lost logs or an adapter that follows organisations can be kept. */
class FaultyBackendContractTest {
    @Nested
    class Outage extends OutageRules {
        Outage() {
            super(FaultyBackend::new);
        }
    }

    @Nested
    class LostLog extends LostLogRules {
        LostLog() {
            super(FaultyBackend::new);
        }
    }

    @Nested
    class Follow extends FollowRules {
        Follow() {
            super(FaultyBackend::new);
        }
    }

    @Nested
    class Delivery extends DeliveryRules {
        Delivery() {
            super(FaultyBackend::new);
        }
    }

    @Nested
    class Organisations extends OrganisationRules {
        Organisations() {
            super(FaultyBackend::new);
        }
    }

    @Nested
    class Lifecycle extends LifecycleRules {
        Lifecycle() {
            super(FaultyBackend::new);
        }
    }

    @Nested
    class Claims extends ClaimRules {
        Claims() {
            super(FaultyBackend::new);
        }
    }

    @Nested
    class ClaimOutage extends ClaimOutageRules {
        ClaimOutage() {
            super(FaultyBackend::new);
        }
    }
}
