package dev.realtime.sse.internal.credential;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.internal.http.Problem;
import dev.realtime.sse.internal.http.ProblemException;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.InvalidInputException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;

/** Reads what is posted to revoke somebody's credentials. Stateless. */
final class RevocationBody {
    static final int MAX_BYTES = 4_096;
    static final int DEFAULT_HOURS = 24;
    static final int MAX_HOURS = (int) Revocation.LONGEST.toHours();

    private static final JsonFactory JSON = new JsonFactory();

    private RevocationBody() {}

    /** What it asks for, if it begins now. */
    static Revocation parse(byte[] body, Instant now) {
        try (JsonParser parser = JSON.createParser(body)) {
            Revocation asked = read(parser, now.truncatedTo(ChronoUnit.MILLIS));
            if (parser.nextToken() != null) {
                throw problem(ProblemCode.BODY_NOT_JSON, "body", "holds more than one value");
            }
            return asked;
        } catch (JsonProcessingException e) {
            long offset =
                    e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
            throw problem(ProblemCode.BODY_NOT_JSON, "body", "is not JSON (at byte " + offset + ")");
        } catch (IOException e) {
            throw problem(ProblemCode.BODY_NOT_JSON, "body", "cannot be read");
        }
    }

    private static Revocation read(JsonParser parser, Instant now) throws IOException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            throw problem(ProblemCode.BODY_NOT_JSON, "body", "is empty");
        }
        if (first != JsonToken.START_OBJECT) {
            throw problem(ProblemCode.WRONG_TYPE, "body", "a revocation is an object");
        }
        Set<String> seen = new HashSet<>();
        String organisation = null;
        String user = null;
        int hours = DEFAULT_HOURS;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            String shown = field.length() > 40 ? field.substring(0, 40) + "…" : field;
            parser.nextToken();
            if (!seen.add(field)) {
                throw problem(ProblemCode.REPEATED_FIELD, shown, "is given twice");
            }
            switch (field) {
                case "org_id" -> organisation = FieldRules.organisation(text(parser, field));
                case "user_id" -> user = user(text(parser, field));
                case "hours" -> hours = hours(parser);
                default ->
                    throw problem(ProblemCode.UNKNOWN_FIELD, shown, "is not known; known are hours, org_id, user_id");
            }
        }
        if (organisation == null) {
            throw problem(ProblemCode.MISSING_FIELD, "org_id", "is missing");
        }
        return new Revocation(organisation, user, now, now.plus(Duration.ofHours(hours)));
    }

    private static String user(String text) {
        try {
            return FieldRules.user(text);
        } catch (InvalidInputException e) {
            throw problem(
                    ProblemCode.INVALID_USER_ID,
                    "user_id",
                    Problem.shown(text) + " is not allowed; it is 1 to 255 visible ASCII characters except \" and \\");
        }
    }

    private static int hours(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            long hours = parser.getNumberType() == JsonParser.NumberType.INT ? parser.getIntValue() : 0;
            if (hours >= 1 && hours <= MAX_HOURS) {
                return (int) hours;
            }
            throw Problem.of(
                            ProblemCode.INVALID_HOURS,
                            "hours: " + Problem.shown(parser.getText()) + " is not allowed; it is 1 to " + MAX_HOURS)
                    .about("hours")
                    .sized(MAX_HOURS, null)
                    .refusal();
        }
        throw problem(ProblemCode.WRONG_TYPE, "hours", "must be a whole number; leave it out for " + DEFAULT_HOURS);
    }

    private static String text(JsonParser parser, String field) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw problem(ProblemCode.WRONG_TYPE, field, "must be a text");
        }
        return parser.getText();
    }

    private static ProblemException problem(ProblemCode code, String field, String what) {
        return Problem.of(code, field + ": " + what).about(field).refusal();
    }
}
