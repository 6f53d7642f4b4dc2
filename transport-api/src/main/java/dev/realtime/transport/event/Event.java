package dev.realtime.transport.event;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher says. Immutable: every {@code with…} returns a copy.
 *
 * @param orgId the organisation whose subscribers may hear it
 * @param type what happened, such as {@code orders.updated}
 * @param topic the stream it belongs to, such as {@code resource:orders}
 * @param payload any JSON value but null
 * @param audience the users who may hear it, sorted and without duplicates; null for the whole organisation
 * @param id unique within the organisation, for publishing again safely; null to have one made
 */
public record Event(
        String orgId,
        String type,
        String topic,
        JsonPayload payload,
        @Nullable List<String> audience,
        @Nullable String id) {
    /** The topic of events that name none. */
    public static final String DEFAULT_TOPIC = "events";

    /** What happened to a row, in a resource ping. */
    public enum Action {
        CREATE("create", "created"),
        UPDATE("update", "updated"),
        DELETE("delete", "deleted");

        private final String verb;
        private final String past;

        Action(String verb, String past) {
            this.verb = verb;
            this.past = past;
        }
    }

    public Event {
        FieldRules.organisation(orgId);
        FieldRules.eventType(type);
        FieldRules.name("topic", topic);
        FieldRules.audience(audience);
        audience = audience == null ? null : List.copyOf(new TreeSet<>(audience));
        if (id != null) {
            FieldRules.name("id", id);
        }
    }

    /** An event with an empty payload on the default topic, for the whole organisation. */
    public static Event of(String orgId, String type) {
        return new Event(orgId, type, DEFAULT_TOPIC, JsonPayload.EMPTY, null, null);
    }

    /** "Fetch this again": {@code resource:<resource>} with {@code {"action":…,"id":…}}, never the row's contents. */
    public static Event resourcePing(String orgId, String resource, Action action, String rowId) {
        record Ping(String action, String id) {}
        return of(orgId, resource + "." + action.past)
                .withTopic("resource:" + resource)
                .withPayload(JsonPayload.from(new Ping(action.verb, rowId)));
    }

    public Event withTopic(String topic) {
        return new Event(orgId, type, topic, payload, audience, id);
    }

    public Event withPayload(JsonPayload payload) {
        return new Event(orgId, type, topic, payload, audience, id);
    }

    /** Takes a JSON text; see {@link JsonPayload#of(String)}. */
    public Event withPayload(String json) {
        return withPayload(JsonPayload.of(json));
    }

    /** Only these users may hear it. */
    public Event withAudience(Set<String> users) {
        return new Event(orgId, type, topic, payload, List.copyOf(users), id);
    }

    public Event withId(String id) {
        return new Event(orgId, type, topic, payload, audience, id);
    }
}
