package dev.realtime.sse.internal.publish;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.internal.http.Problem;
import dev.realtime.sse.internal.http.ProblemException;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.InvalidInputException;
import dev.realtime.transport.event.JsonPayload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads what is posted: one event or an array of them. Payloads stay the bytes that came. Every error names the
 * event's index. One use, one thread.
 */
final class EventsBody {
    static final int MAX_EVENTS = 1_000;

    /** An array, an event and its payload: three levels more than a payload may have itself. */
    private static final int MAX_NESTING = JsonPayload.MAX_NESTING + 3;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_NESTING)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNumberLength(10_000)
                    .build())
            .build();

    private final byte[] body;
    private final int maxPayloadBytes;
    private final String callersOrganisation;
    private final List<Event> events = new ArrayList<>();

    private EventsBody(byte[] body, int maxPayloadBytes, String callersOrganisation) {
        this.body = body;
        this.maxPayloadBytes = maxPayloadBytes;
        this.callersOrganisation = callersOrganisation;
    }

    /** The events; those that name no organisation are the caller's. */
    static List<Event> parse(byte[] body, int maxPayloadBytes, String callersOrganisation) {
        EventsBody reader = new EventsBody(body, maxPayloadBytes, callersOrganisation);
        try {
            reader.read();
            return reader.events;
        } catch (StreamConstraintsException e) {
            throw reader.problem(
                    ProblemCode.PAYLOAD_TOO_DEEP, "payload", "nests deeper than " + JsonPayload.MAX_NESTING);
        } catch (JsonProcessingException e) {
            long offset =
                    e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
            throw reader.problem(ProblemCode.BODY_NOT_JSON, "body", "is not JSON (at byte " + offset + ")");
        } catch (IOException e) {
            throw reader.problem(ProblemCode.BODY_NOT_JSON, "body", "cannot be read");
        } catch (InvalidInputException e) {
            throw Problem.of(e).at(reader.events.size()).refusal();
        }
    }

    private void read() throws IOException {
        if (body.length > 1 && (body[0] == 0 || body[1] == 0 || body[0] < 0)) {
            throw problem(ProblemCode.BODY_NOT_JSON, "body", "is not UTF-8, or begins with a byte order mark");
        }
        try (JsonParser parser = JSON.createParser(body)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw problem(ProblemCode.BODY_NOT_JSON, "body", "is empty");
            } else if (first == JsonToken.START_ARRAY) {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    if (events.size() == MAX_EVENTS) {
                        throw batch("more than " + MAX_EVENTS);
                    }
                    events.add(event(parser));
                }
                if (events.isEmpty()) {
                    throw batch("0");
                }
            } else {
                events.add(event(parser));
            }
            if (parser.nextToken() != null) {
                throw problem(ProblemCode.BODY_NOT_JSON, "body", "holds more than one value");
            }
        }
    }

    private Event event(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw problem(ProblemCode.WRONG_TYPE, "body", "an event is an object");
        }
        Set<String> seen = new HashSet<>();
        String type = null;
        String topic = Event.DEFAULT_TOPIC;
        JsonPayload payload = JsonPayload.EMPTY;
        String organisation = callersOrganisation;
        List<String> audience = null;
        String id = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            parser.nextToken();
            if (!seen.add(field)) {
                throw problem(ProblemCode.REPEATED_FIELD, shortened(field), "is given twice");
            }
            switch (field) {
                case "event" -> type = text(parser, field);
                case "topic" -> topic = text(parser, field);
                case "payload" -> payload = payload(parser);
                case "org_id" -> organisation = text(parser, field);
                case "user_ids" -> audience = texts(parser, field);
                case "id" -> id = text(parser, field);
                default ->
                    throw problem(
                            ProblemCode.UNKNOWN_FIELD,
                            shortened(field),
                            "is not known; known are event, id, org_id, payload, topic, user_ids");
            }
        }
        if (type == null) {
            throw problem(ProblemCode.MISSING_FIELD, "event", "must be given");
        }
        return new Event(organisation, type, topic, payload, audience, id);
    }

    /** The slice of the body, byte for byte. */
    private JsonPayload payload(JsonParser parser) throws IOException {
        int start = (int) parser.currentTokenLocation().getByteOffset();
        if (parser.currentToken().isScalarValue()) {
            parser.finishToken();
        } else {
            parser.skipChildren();
        }
        int end = (int) parser.currentLocation().getByteOffset();
        int size = end - start;
        if (size > maxPayloadBytes) {
            throw new ProblemException(Problem.of(
                            ProblemCode.PAYLOAD_TOO_LARGE,
                            "payload: " + size + " bytes; at most " + maxPayloadBytes + " are allowed")
                    .about("payload")
                    .at(events.size())
                    .sized(maxPayloadBytes, (long) size));
        }
        return JsonPayload.of(Arrays.copyOfRange(body, start, end));
    }

    private String text(JsonParser parser, String field) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw problem(ProblemCode.WRONG_TYPE, field, "must be a text; leave it out for its default");
        }
        return parser.getText();
    }

    private List<String> texts(JsonParser parser, String field) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw problem(ProblemCode.WRONG_TYPE, field, "must be an array of texts; leave it out for everybody");
        }
        List<String> texts = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            texts.add(text(parser, field));
        }
        return texts;
    }

    private ProblemException problem(ProblemCode code, String field, String what) {
        return Problem.of(code, field + ": " + what)
                .about(field)
                .at(Math.min(events.size(), MAX_EVENTS))
                .refusal();
    }

    private static ProblemException batch(String size) {
        return Problem.of(ProblemCode.INVALID_BATCH, "events: " + size + " given; 1 to " + MAX_EVENTS + " are allowed")
                .about("events")
                .sized(MAX_EVENTS, null)
                .refusal();
    }

    private static String shortened(String field) {
        return field.length() > 40 ? field.substring(0, 40) + "…" : field;
    }
}
