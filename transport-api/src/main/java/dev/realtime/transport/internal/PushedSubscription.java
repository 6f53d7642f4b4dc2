package dev.realtime.transport.internal;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.runtime.Supervisor;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands a subscription's deliveries to a consumer, one at a time, on an executor. Thread-safe. */
final class PushedSubscription implements Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(PushedSubscription.class);

    private final Supervisor supervisor;
    private final Executor executor;
    private final Consumer<Delivery> consumer;
    /** Signals not yet worked off: whoever raises it from 0 schedules the run. */
    private final AtomicInteger signals = new AtomicInteger();

    private volatile @Nullable Subscription subscription;

    private PushedSubscription(Supervisor supervisor, Executor executor, Consumer<Delivery> consumer) {
        this.supervisor = supervisor;
        this.executor = executor;
        this.consumer = consumer;
    }

    static Subscription start(PubSub pubSub, SubscribeRequest request, Executor executor, Consumer<Delivery> consumer) {
        PushedSubscription pushed = new PushedSubscription(pubSub.supervisor(), executor, consumer);
        pushed.subscription = pubSub.subscribe(request, pushed::signal);
        pushed.signal();
        return pushed;
    }

    private void signal() {
        if (signals.getAndIncrement() == 0) {
            try {
                executor.execute(this::run);
            } catch (RejectedExecutionException e) {
                LOG.error("a subscriber's executor takes nothing any more, so its subscription ends", e);
                signals.set(0);
                close();
            } catch (RuntimeException | Error e) {
                signals.set(0); // the next signal tries again
                throw e;
            }
        }
    }

    private void run() {
        boolean worked = false;
        try {
            workOff();
            worked = true;
        } finally {
            if (!worked) { // it goes on in a run of its own
                signals.set(0);
                signal();
            }
        }
    }

    private void workOff() {
        int seen;
        do {
            seen = signals.get();
            Delivery next;
            while ((next = poll()) != null) {
                give(next);
            }
        } while (!signals.compareAndSet(seen, 0));
    }

    private void give(Delivery delivery) {
        try {
            consumer.accept(delivery);
        } catch (RuntimeException | Error e) {
            supervisor.failed("subscriber", e);
        }
    }

    @Override
    public @Nullable Delivery poll() {
        Subscription current = subscription;
        return current == null ? null : current.poll();
    }

    @Override
    public boolean mark() {
        Subscription current = subscription;
        return current != null && current.mark();
    }

    @Override
    public long waitingBytes() {
        Subscription current = subscription;
        return current == null ? 0 : current.waitingBytes();
    }

    @Override
    public void close() {
        Subscription current = subscription;
        if (current != null) {
            current.close();
        }
    }
}
