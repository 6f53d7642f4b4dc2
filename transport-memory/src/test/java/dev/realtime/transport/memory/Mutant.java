package dev.realtime.transport.memory;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/**
 * An adapter with one promise broken.
 *
 * @param rule the number of the rule that must notice
 * @param breaks what it does wrong
 * @param of breaks a sound adapter
 */
record Mutant(String rule, String breaks, UnaryOperator<PubSubAdapter> of) {
    /** Publishes wrongly. */
    interface Publish {
        CompletableFuture<List<Position>> to(PubSubAdapter adapter, List<Envelope> events);
    }

    /** Reads wrongly. */
    interface Read {
        LogPage from(PubSubAdapter adapter, String orgId, Position after, int maxEvents);
    }

    /** Delivers wrongly. */
    interface Deliver {
        void to(DeliverySink sink, LogId log, List<LogEntry> entries, Position through);
    }

    static Mutant publishing(String rule, String breaks, Publish wrongly) {
        return new Mutant(rule, breaks, adapter -> new ForwardingAdapter(adapter) {
            @Override
            public CompletableFuture<List<Position>> publish(List<Envelope> events) {
                return wrongly.to(adapter, events);
            }
        });
    }

    static Mutant answering(String rule, String breaks, UnaryOperator<List<Position>> wrongly) {
        return publishing(
                rule, breaks, (adapter, events) -> adapter.publish(events).thenApply(wrongly));
    }

    static Mutant reading(String rule, String breaks, Read wrongly) {
        return new Mutant(rule, breaks, adapter -> new ForwardingAdapter(adapter) {
            @Override
            public LogPage read(String orgId, Position after, int maxEvents) {
                return wrongly.from(adapter, orgId, after, maxEvents);
            }
        });
    }

    /** Answers each page wrongly. */
    static Mutant paging(String rule, String breaks, BiFunction<LogPage, Position, LogPage> wrongly) {
        return reading(
                rule, breaks, (adapter, orgId, after, max) -> wrongly.apply(adapter.read(orgId, after, max), after));
    }

    static Mutant ranging(String rule, String breaks, UnaryOperator<LogRange> wrongly) {
        return new Mutant(rule, breaks, adapter -> new ForwardingAdapter(adapter) {
            @Override
            public LogRange range(String orgId) {
                return wrongly.apply(adapter.range(orgId));
            }
        });
    }

    static Mutant delivering(String rule, String breaks, Deliver wrongly) {
        return new Mutant(rule, breaks, adapter -> new ForwardingAdapter(adapter) {
            @Override
            void deliver(LogId log, List<LogEntry> entries, Position through) {
                wrongly.to(sink, log, entries, through);
            }
        });
    }

    /** Delivers wrong entries. */
    static Mutant altering(String rule, String breaks, UnaryOperator<LogEntry> wrongly) {
        return delivering(
                rule,
                breaks,
                (sink, log, entries, through) ->
                        sink.deliver(log, entries.stream().map(wrongly).toList(), through));
    }

    static Mutant starting(String rule, String breaks, UnaryOperator<Position> wrongly) {
        return new Mutant(rule, breaks, adapter -> new ForwardingAdapter(adapter) {
            @Override
            void started(LogId log, Position through) {
                sink.started(log, wrongly.apply(through));
            }
        });
    }

    @Override
    public String toString() {
        return rule + ": " + breaks;
    }
}
