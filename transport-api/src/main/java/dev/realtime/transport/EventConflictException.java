package dev.realtime.transport;

/** The organisation has already published another event under this id, inside the replay window. Don't retry. */
public final class EventConflictException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String eventId;

    public EventConflictException(String eventId) {
        super("id: another event was already published as '" + eventId + "'");
        this.eventId = eventId;
    }

    /** The id that is taken. */
    public String eventId() {
        return eventId;
    }
}
