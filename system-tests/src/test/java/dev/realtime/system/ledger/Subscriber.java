package dev.realtime.system.ledger;

import java.util.List;

/** Somebody who subscribed to everything of one organisation, and keeps what it was told. Thread-safe. */
public interface Subscriber {
    /** Everything so far. */
    List<Told> told();

    /** Whether the event with this id has come. */
    boolean has(String eventId);

    /** The gaps it was told. */
    default List<Told.Gap> gaps() {
        return told().stream()
                .filter(Told.Gap.class::isInstance)
                .map(Told.Gap.class::cast)
                .toList();
    }

    /** The ids of the events that came with a cursor, in that order. */
    default List<String> eventIds() {
        return told().stream()
                .filter(Told.Event.class::isInstance)
                .map(Told.Event.class::cast)
                .filter(event -> !event.provisional())
                .map(Told.Event::id)
                .toList();
    }
}
