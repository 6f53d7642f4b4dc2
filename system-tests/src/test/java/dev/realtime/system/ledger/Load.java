package dev.realtime.system.ledger;

import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.Patience;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A well-behaved publisher: names its events, and publishes again what it got no answer for, under the same ids. All
 * that it returns is committed, and in the ledger. One thread.
 */
public final class Load {
    private final Supplier<GatewayClient> gateway;
    private final Ledger ledger;
    private final AtomicInteger counter = new AtomicInteger();

    /** @param gateway whom to ask now; asked again after each failure */
    public Load(Supplier<GatewayClient> gateway, Ledger ledger) {
        this.gateway = gateway;
        this.ledger = ledger;
    }

    /** One post of so many events; returns when they are committed. */
    public void publish(int events) {
        Ledger.Transaction transaction = ledger.begin();
        String body = IntStream.range(0, events)
                .mapToObj(i -> event(transaction))
                .collect(Collectors.joining(",", events == 1 ? "" : "[", events == 1 ? "" : "]"));
        if (!isCommitted(body, events, transaction)) {
            Patience.until("committed", () -> isCommitted(body, events, transaction));
        }
    }

    private boolean isCommitted(String body, int events, Ledger.Transaction transaction) {
        try {
            Answer answer = gateway.get().post(body);
            if (answer.status() != 201) {
                return false;
            }
            List<Acknowledged> committed = GatewayClient.acknowledged(answer);
            transaction.committed(committed);
            return committed.size() == events;
        } catch (UncheckedIOException gatewayGone) {
            return false;
        }
    }

    private String event(Ledger.Transaction transaction) {
        String id = UUID.randomUUID().toString();
        transaction.publishes(id);
        return "{\"event\":\"load.made\",\"id\":\"" + id + "\",\"payload\":{\"n\":" + counter.incrementAndGet() + "}}";
    }
}
