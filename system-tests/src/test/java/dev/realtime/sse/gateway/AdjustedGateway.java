package dev.realtime.sse.gateway;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.transport.Settings;
import java.util.function.UnaryOperator;

/** Starts a gateway whose deadlines are shorter than an operator could make them, for tests outside this package. */
public final class AdjustedGateway {
    private AdjustedGateway() {}

    /** @throws dev.realtime.transport.SettingsException as {@link Gateway#start(Settings)} */
    public static Gateway start(Settings settings, UnaryOperator<EndpointOptions> adjust) {
        return Gateway.start(settings, adjust);
    }
}
