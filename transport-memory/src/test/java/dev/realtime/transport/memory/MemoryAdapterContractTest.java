package dev.realtime.transport.memory;

import dev.realtime.transport.testkit.ClaimRules;
import dev.realtime.transport.testkit.DeliveryRules;
import dev.realtime.transport.testkit.LifecycleRules;
import dev.realtime.transport.testkit.OrganisationRules;
import dev.realtime.transport.testkit.PublishRules;
import dev.realtime.transport.testkit.ReplayRules;
import dev.realtime.transport.testkit.TrimRules;
import org.junit.jupiter.api.Nested;

/** The contract, as far as a backend in this process can break: it has no outages and never loses its log. */
class MemoryAdapterContractTest {
    @Nested
    class Publishing extends PublishRules {
        Publishing() {
            super(MemoryBackend::new);
        }
    }

    @Nested
    class Delivery extends DeliveryRules {
        Delivery() {
            super(MemoryBackend::new);
        }
    }

    @Nested
    class Replay extends ReplayRules {
        Replay() {
            super(MemoryBackend::new);
        }
    }

    @Nested
    class Trim extends TrimRules {
        Trim() {
            super(MemoryBackend::new);
        }
    }

    @Nested
    class Organisations extends OrganisationRules {
        Organisations() {
            super(MemoryBackend::new);
        }
    }

    @Nested
    class Lifecycle extends LifecycleRules {
        Lifecycle() {
            super(MemoryBackend::new);
        }
    }

    @Nested
    class Claims extends ClaimRules {
        Claims() {
            super(MemoryBackend::new);
        }
    }
}
