package dev.realtime.system.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import dev.realtime.system.equipment.GatewayClient;

/**
 * One frame of a stream.
 *
 * @param connection which connection of its reader it came on, from 1
 * @param event null for an envelope
 * @param id null if the frame has none
 * @param data null if the frame has none
 * @param retry null if the frame has none
 */
public record Frame(int connection, String event, String id, String data, Long retry) {
    public boolean is(String name) {
        return name.equals(event);
    }

    /** Whether it carries an event, under whatever name. */
    public boolean isEnvelope() {
        return data != null && (event == null || !event.startsWith("realtime."));
    }

    /** Whether it says no more than where the stream is. */
    public boolean isHeartbeat() {
        return is("realtime.position");
    }

    public boolean isProvisional() {
        return json().path("provisional").asBoolean();
    }

    public JsonNode json() {
        return GatewayClient.parsed(data);
    }

    @Override
    public String toString() {
        String shown = data != null && data.length() > 200 ? data.substring(0, 200) + "…" : data;
        return "#" + connection + " event=" + event + " id=" + id + " retry=" + retry + " data=" + shown;
    }
}
