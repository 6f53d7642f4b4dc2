package dev.realtime.transport.spi;

/**
 * An optional ability of adapters with a log for each organisation: to hear only of those somebody here listens to.
 * Both are called with a lock held that the sink takes: never wait here for a call of the sink.
 */
public interface FollowsOrganisations {
    /**
     * Somebody here listens to this organisation: the sink hears {@link DeliverySink#started} for its log as soon as
     * the backend answers, then its events. After an {@link #unfollow}, however soon, it hears {@code started} again.
     * Never blocks. Idempotent.
     */
    void follow(String orgId);

    /** Nobody does any more. Never blocks. Idempotent. */
    void unfollow(String orgId);
}
