package dev.realtime.transport.redis.internal;

import dev.realtime.transport.testkit.ClaimOutageRules;
import dev.realtime.transport.testkit.ClaimRules;
import dev.realtime.transport.testkit.DeliveryRules;
import dev.realtime.transport.testkit.FollowRules;
import dev.realtime.transport.testkit.LifecycleRules;
import dev.realtime.transport.testkit.LostLogRules;
import dev.realtime.transport.testkit.OrganisationRules;
import dev.realtime.transport.testkit.OutageRules;
import dev.realtime.transport.testkit.PublishRules;
import dev.realtime.transport.testkit.ReplayRules;
import dev.realtime.transport.testkit.TrimRules;
import org.junit.jupiter.api.Nested;

/** The whole contract, on a real server. */
class RedisAdapterContractTest {
    @Nested
    class Publishing extends PublishRules {
        Publishing() {
            super(RedisBackend::new);
        }
    }

    @Nested
    class Delivery extends DeliveryRules {
        Delivery() {
            super(RedisBackend::new);
        }
    }

    @Nested
    class Following extends FollowRules {
        Following() {
            super(RedisBackend::new);
        }
    }

    @Nested
    class Replay extends ReplayRules {
        Replay() {
            super(RedisBackend::new);
        }
    }

    @Nested
    class Trim extends TrimRules {
        Trim() {
            super(RedisBackend::new);
        }
    }

    @Nested
    class Organisations extends OrganisationRules {
        Organisations() {
            super(RedisBackend::new);
        }
    }

    @Nested
    class Lifecycle extends LifecycleRules {
        Lifecycle() {
            super(RedisBackend::new);
        }
    }

    @Nested
    class Outage extends OutageRules {
        Outage() {
            super(CutOffRedis::new);
        }
    }

    @Nested
    class LostLog extends LostLogRules {
        LostLog() {
            super(EmptiedRedis::new);
        }
    }

    @Nested
    class Claims extends ClaimRules {
        Claims() {
            super(RedisBackend::new);
        }
    }

    @Nested
    class ClaimOutage extends ClaimOutageRules {
        ClaimOutage() {
            super(CutOffRedis::new);
        }
    }
}
