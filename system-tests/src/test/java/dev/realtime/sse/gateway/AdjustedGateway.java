package dev.realtime.sse.gateway;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.transport.settings.Settings;
import java.util.function.UnaryOperator;

/** Starts a gateway whose deadlines are shorter than an operator could make them, for tests outside this package. */
public final class AdjustedGateway {
    private AdjustedGateway() {}

    /** As {@link Gateway#start(Settings)}, with options that are changed so. */
    public static Gateway start(Settings settings, UnaryOperator<EndpointOptions> adjust) {
        return Gateway.start(settings, adjust);
    }
}
