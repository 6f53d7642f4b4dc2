package dev.realtime.transport.memory;

import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.ClaimOutageRules;
import dev.realtime.transport.testkit.ClaimRules;
import dev.realtime.transport.testkit.ContractRules;
import dev.realtime.transport.testkit.DeliveryRules;
import dev.realtime.transport.testkit.LifecycleRules;
import dev.realtime.transport.testkit.OrganisationRules;
import dev.realtime.transport.testkit.PublishRules;
import dev.realtime.transport.testkit.ReplayRules;
import dev.realtime.transport.testkit.TrimRules;
import java.util.List;
import java.util.function.UnaryOperator;

/** The rules, with every adapter broken by the mutant at hand. Run by {@link RulesCanFailTest} only. */
final class MutatedRules {
    static final List<Class<? extends ContractRules<?>>> ALL = List.of(
            Publishing.class,
            Delivery.class,
            Replay.class,
            Trim.class,
            Organisations.class,
            Lifecycle.class,
            Claims.class,
            ClaimOutage.class);

    static volatile UnaryOperator<PubSubAdapter> mutant = UnaryOperator.identity();

    private MutatedRules() {}

    private static final class Backend extends MemoryBackend {
        @Override
        public PubSubAdapter newAdapter(AdapterContext context) {
            return mutant.apply(super.newAdapter(context));
        }
    }

    private static final class BreakingBackend extends FaultyBackend {
        @Override
        public PubSubAdapter newAdapter(AdapterContext context) {
            return mutant.apply(super.newAdapter(context));
        }
    }

    static final class Publishing extends PublishRules {
        Publishing() {
            super(Backend::new);
        }
    }

    static final class Delivery extends DeliveryRules {
        Delivery() {
            super(Backend::new);
        }
    }

    static final class Replay extends ReplayRules {
        Replay() {
            super(Backend::new);
        }
    }

    static final class Trim extends TrimRules {
        Trim() {
            super(Backend::new);
        }
    }

    static final class Organisations extends OrganisationRules {
        Organisations() {
            super(Backend::new);
        }
    }

    static final class Lifecycle extends LifecycleRules {
        Lifecycle() {
            super(Backend::new);
        }
    }

    static final class Claims extends ClaimRules {
        Claims() {
            super(Backend::new);
        }
    }

    static final class ClaimOutage extends ClaimOutageRules {
        ClaimOutage() {
            super(BreakingBackend::new);
        }
    }
}
