package dev.realtime.transport;

import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.Filter;
import org.jspecify.annotations.Nullable;

/**
 * Who subscribes, to what, and from where.
 *
 * @param orgId the organisation, from the credential
 * @param userId the user, from the credential; null hears only what is for everybody
 * @param filter what it wants
 * @param cursor where it left off, as it was given; null starts now. Any text is taken: a bad one becomes a gap
 */
public record SubscribeRequest(
        String orgId,
        @Nullable String userId,
        Filter filter,
        @Nullable String cursor) {
    public SubscribeRequest {
        FieldRules.organisation(orgId);
    }

    /** All events of an organisation from now on. */
    public static SubscribeRequest of(String orgId) {
        return new SubscribeRequest(orgId, null, Filter.ALL, null);
    }

    public SubscribeRequest withUser(String userId) {
        return new SubscribeRequest(orgId, userId, filter, cursor);
    }

    public SubscribeRequest withFilter(Filter filter) {
        return new SubscribeRequest(orgId, userId, filter, cursor);
    }

    public SubscribeRequest from(@Nullable String cursor) {
        return new SubscribeRequest(orgId, userId, filter, cursor);
    }
}
