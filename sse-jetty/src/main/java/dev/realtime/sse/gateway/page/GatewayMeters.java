package dev.realtime.sse.gateway.page;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.runtime.Measure;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.ToDoubleFunction;

/** What {@code /metrics} shows. No organisation is ever a label: their number has no bound. Thread-safe. */
public final class GatewayMeters implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics garbageCollector = new JvmGcMetrics();

    public GatewayMeters(PubSub pubSub) {
        counter(pubSub, "realtime.published", "Events committed by this instance", PubSub.Stats::published);
        counter(pubSub, "realtime.delivered", "Events put into mailboxes", PubSub.Stats::delivered);
        counter(pubSub, "realtime.gaps", "Gaps told to subscribers", PubSub.Stats::gaps);
        counter(pubSub, "realtime.conflated", "Pings a later one says again", PubSub.Stats::conflated);
        counter(pubSub, "realtime.recoveries", "Times the transport came back", PubSub.Stats::recoveries);
        gauge(pubSub, "realtime.mailbox.bytes", "Waiting in all mailboxes, about", PubSub.Stats::mailboxBytes);
        gauge(pubSub, "realtime.queued", "Publications that wait for the transport", PubSub.Stats::queued);
        pubSub.measures().forEach(measure -> add(pubSub, measure));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        garbageCollector.bindTo(registry);
    }

    public PrometheusMeterRegistry registry() {
        return registry;
    }

    @Override
    public void close() {
        garbageCollector.close();
        registry.close();
    }

    private void add(PubSub pubSub, Measure measure) {
        ToDoubleFunction<PubSub> value = any -> measure.value().getAsDouble();
        if (measure.counts()) {
            FunctionCounter.builder(measure.name(), pubSub, value)
                    .description(measure.description())
                    .register(registry);
        } else {
            Gauge.builder(measure.name(), pubSub, value)
                    .description(measure.description())
                    .register(registry);
        }
    }

    private void counter(PubSub pubSub, String name, String what, ToDoubleFunction<PubSub.Stats> value) {
        FunctionCounter.builder(name, pubSub, each -> value.applyAsDouble(each.stats()))
                .description(what)
                .register(registry);
    }

    private void gauge(PubSub pubSub, String name, String what, ToDoubleFunction<PubSub.Stats> value) {
        Gauge.builder(name, pubSub, each -> value.applyAsDouble(each.stats()))
                .description(what)
                .register(registry);
    }
}
