package dev.realtime.transport.spi;

/** An optional ability of adapters with a log for each organisation: to hear only of those somebody here listens to. */
public interface FollowsOrganisations {
    /**
     * Somebody here listens to this organisation: the sink hears {@link DeliverySink#started} for its log as soon as
     * the backend answers, then its events. Never blocks. Idempotent.
     */
    void follow(String orgId);

    /** Nobody does any more. Never blocks. Idempotent. */
    void unfollow(String orgId);
}
