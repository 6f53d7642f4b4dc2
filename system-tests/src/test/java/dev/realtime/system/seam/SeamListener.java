package dev.realtime.system.seam;

import dev.realtime.system.equipment.Beside;
import dev.realtime.system.ledger.Subscriber;
import dev.realtime.system.ledger.Told;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A subscriber of the library in a woven world. Thread-safe. */
final class SeamListener implements Subscriber, AutoCloseable {
    private final SeamBell bell;
    private final List<Told> told = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> events = ConcurrentHashMap.newKeySet();
    private final SeamWorld world;
    private final String organisation;
    private volatile AutoCloseable subscription;
    private volatile boolean live;
    private volatile boolean ended;
    private volatile String cursor;

    SeamListener(SeamWorld world, String organisation, SeamBell bell) {
        this.bell = bell;
        this.world = world;
        this.organisation = organisation;
        this.subscription = world.listen(organisation, null, this::take);
    }

    boolean isLive() {
        return live;
    }

    /** It was told that nothing comes any more, and has subscribed again where it was. */
    boolean hasEnded() {
        return ended;
    }

    private void again() {
        close();
        subscription = world.listen(organisation, cursor, this::take);
    }

    private void take(List<String> fields) {
        parsed(fields).ifPresent(told::add);
        live |= fields.get(0).equals("live");
        switch (fields.get(0)) {
            case "event" -> cursor = fields.get(3) == null ? cursor : fields.get(3);
            case "reached", "opened" -> cursor = fields.get(1);
            case "gap" -> cursor = fields.get(4);
            case "ended" -> {
                ended = true;
                Beside.THREADS.execute(this::again);
            }
            default -> {}
        }
        if (fields.get(0).equals("event")) {
            events.add(fields.get(2));
        }
        bell.ring();
    }

    private static Optional<Told> parsed(List<String> fields) {
        return switch (fields.get(0)) {
            case "opened" -> Optional.of(new Told.Opened(fields.get(1)));
            case "event" ->
                Optional.of(new Told.Event(
                        fields.get(1), fields.get(2), fields.get(3), Boolean.parseBoolean(fields.get(4))));
            case "reached" -> Optional.of(new Told.Reached(fields.get(1)));
            case "gap" -> Optional.of(new Told.Gap(fields.get(1), fields.get(2), fields.get(3), fields.get(4)));
            default -> Optional.empty();
        };
    }

    @Override
    public List<Told> told() {
        synchronized (told) {
            return List.copyOf(told);
        }
    }

    @Override
    public boolean has(String eventId) {
        return events.contains(eventId);
    }

    @Override
    public void close() {
        try {
            subscription.close();
        } catch (Exception e) {
            throw new AssertionError("a subscription does not close", e);
        }
    }
}
