package dev.realtime.system.ledger;

import dev.realtime.system.equipment.Patience;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A subscriber in this process. Thread-safe. */
public final class LocalReader implements Subscriber, AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final List<Told> told = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> ids = ConcurrentHashMap.newKeySet();
    private final CountDownLatch released = new CountDownLatch(1);
    private final int stallsAfter;
    private final Subscription subscription;
    private volatile boolean live;

    private LocalReader(PubSub pubSub, SubscribeRequest request, int stallsAfter) {
        this.stallsAfter = stallsAfter;
        this.subscription = pubSub.subscribe(request, thread, this::take);
    }

    /** @param cursor null begins now */
    static LocalReader opening(PubSub pubSub, String organisation, String cursor) {
        return stalling(pubSub, organisation, cursor, Integer.MAX_VALUE);
    }

    /** One that takes so many events and then nothing, until it is released. */
    static LocalReader stalling(PubSub pubSub, String organisation, String cursor, int events) {
        return new LocalReader(pubSub, SubscribeRequest.of(organisation).from(cursor), events);
    }

    /** Returns when it has taken all that it takes. */
    public void awaitStalled() {
        Patience.until("stalled", () -> ids.size() == stallsAfter);
    }

    public void release() {
        released.countDown();
    }

    private void take(Delivery delivery) {
        Told.by(delivery).ifPresent(each -> {
            told.add(each);
            if (each instanceof Told.Event event) {
                ids.add(event.id());
            }
        });
        live |= delivery instanceof Delivery.Live;
        if (ids.size() == stallsAfter) {
            Patience.until("released", () -> released.getCount() == 0);
        }
    }

    /** Returns when its replay is finished. */
    LocalReader awaitLive() {
        Patience.until("live", () -> live);
        return this;
    }

    @Override
    public List<Told> told() {
        synchronized (told) {
            return List.copyOf(told);
        }
    }

    @Override
    public boolean has(String eventId) {
        return ids.contains(eventId);
    }

    @Override
    public void close() {
        subscription.close();
        thread.shutdown();
    }
}
