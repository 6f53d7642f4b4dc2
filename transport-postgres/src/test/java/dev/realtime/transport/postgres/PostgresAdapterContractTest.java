package dev.realtime.transport.postgres;

import dev.realtime.transport.postgres.equipment.PostgresBackend;
import dev.realtime.transport.postgres.equipment.RestartablePostgresBackend;
import dev.realtime.transport.testkit.ClaimOutageRules;
import dev.realtime.transport.testkit.ClaimRules;
import dev.realtime.transport.testkit.DeliveryRules;
import dev.realtime.transport.testkit.LifecycleRules;
import dev.realtime.transport.testkit.LostLogRules;
import dev.realtime.transport.testkit.OrganisationRules;
import dev.realtime.transport.testkit.OutageRules;
import dev.realtime.transport.testkit.PublishRules;
import dev.realtime.transport.testkit.ReplayRules;
import dev.realtime.transport.testkit.TrimRules;
import org.junit.jupiter.api.Nested;

/** The contract, on a real server. */
class PostgresAdapterContractTest {
    @Nested
    class Publishing extends PublishRules {
        Publishing() {
            super(PostgresBackend::new);
        }
    }

    @Nested
    class Delivery extends DeliveryRules {
        Delivery() {
            super(PostgresBackend::new);
        }
    }

    @Nested
    class Replay extends ReplayRules {
        Replay() {
            super(PostgresBackend::new);
        }
    }

    @Nested
    class Trim extends TrimRules {
        Trim() {
            super(PostgresBackend::new);
        }
    }

    @Nested
    class Organisations extends OrganisationRules {
        Organisations() {
            super(PostgresBackend::new);
        }
    }

    @Nested
    class Lifecycle extends LifecycleRules {
        Lifecycle() {
            super(PostgresBackend::new);
        }
    }

    @Nested
    class LostLog extends LostLogRules {
        LostLog() {
            super(PostgresBackend::new);
        }
    }

    @Nested
    class Outage extends OutageRules {
        Outage() {
            super(RestartablePostgresBackend::new);
        }
    }

    @Nested
    class Claims extends ClaimRules {
        Claims() {
            super(PostgresBackend::new);
        }
    }

    @Nested
    class ClaimOutage extends ClaimOutageRules {
        ClaimOutage() {
            super(RestartablePostgresBackend::new);
        }
    }
}
