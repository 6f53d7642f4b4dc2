package dev.realtime.system;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One frame of a stream.
 *
 * @param connection which connection of its reader it came on, from 1
 * @param event null for an envelope
 * @param id null if the frame has none
 * @param data null if the frame has none
 * @param retry null if the frame has none
 */
record Frame(int connection, String event, String id, String data, Long retry) {
    boolean is(String name) {
        return name.equals(event);
    }

    /** Whether it carries an event, under whatever name. */
    boolean isEnvelope() {
        return data != null && (event == null || !event.startsWith("realtime."));
    }

    /** Whether it says no more than where the stream is. */
    boolean isHeartbeat() {
        return is("realtime.position");
    }

    boolean isProvisional() {
        return json().path("provisional").asBoolean();
    }

    JsonNode json() {
        return GatewayClient.parsed(data);
    }

    @Override
    public String toString() {
        String shown = data != null && data.length() > 200 ? data.substring(0, 200) + "…" : data;
        return "#" + connection + " event=" + event + " id=" + id + " retry=" + retry + " data=" + shown;
    }
}
