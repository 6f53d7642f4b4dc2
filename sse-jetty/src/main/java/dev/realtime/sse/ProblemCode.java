package dev.realtime.sse;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Every code that an error answer may carry, with its HTTP status. The names are stable. */
public enum ProblemCode {
    BAD_REQUEST(400),
    QUERY_MALFORMED(400),
    UNKNOWN_PARAMETER(400),
    REPEATED_PARAMETER(400),
    INVALID_PARAMETER(400),
    EMPTY_FILTER(400),
    TOO_MANY_FILTERS(400),
    INVALID_TOPICS(400),
    INVALID_EVENTS(400),
    BODY_NOT_JSON(400),
    INVALID_BATCH(400),
    UNKNOWN_FIELD(400),
    REPEATED_FIELD(400),
    MISSING_FIELD(400),
    WRONG_TYPE(400),
    INVALID_ORG_ID(400),
    INVALID_EVENT(400),
    INVALID_TOPIC(400),
    INVALID_ID(400),
    INVALID_USER_IDS(400),
    INVALID_USER_ID(400),
    INVALID_HOURS(400),
    TICKET_TOO_LARGE(400),
    PAYLOAD_NULL(400),
    PAYLOAD_NOT_JSON(400),
    PAYLOAD_NOT_UTF8(400),
    PAYLOAD_TOO_DEEP(400),

    TOKEN_MISSING(401),
    TOKEN_MALFORMED(401),
    TOKEN_BAD_ALGORITHM(401),
    TOKEN_BAD_SIGNATURE(401),
    TOKEN_UNKNOWN_KEY(401),
    TOKEN_EXPIRED(401),
    TOKEN_NOT_YET_VALID(401),
    TOKEN_WRONG_ISSUER(401),
    TOKEN_WRONG_AUDIENCE(401),
    TOKEN_NO_ORGANISATION(401),
    TICKET_INVALID(401),
    TICKET_EXPIRED(401),
    TICKET_USED(401),
    REVOKED(401),

    AUTH_NOT_CONFIGURED(403),
    TICKETS_OFF(403),
    ORIGIN_NOT_ALLOWED(403),
    ORGANISATION_NOT_ALLOWED(403),
    TOPIC_NOT_ALLOWED(403),
    OPERATORS_ONLY(403),

    NOT_FOUND(404),
    METHOD_NOT_ALLOWED(405),
    NOT_ACCEPTABLE(406),
    BODY_TIMEOUT(408),
    EVENT_CONFLICT(409),
    BODY_TOO_LARGE(413),
    PAYLOAD_TOO_LARGE(413),
    URI_TOO_LONG(414),
    UNSUPPORTED_MEDIA_TYPE(415),
    UNSUPPORTED_CONTENT_ENCODING(415),
    TOO_MANY_STREAMS(429),
    TOO_MANY_REPLAYS(429),
    TOO_MANY_REVOCATIONS(429),
    TOO_MANY_REQUESTS(429),
    HEAD_TOO_LARGE(431),

    INTERNAL_ERROR(500),
    PUBLICATION_REFUSED(502),
    TRANSPORT_UNAVAILABLE(503),
    QUEUE_FULL(503),
    TOO_MANY_BODIES(503),
    TOO_MANY_FAREWELLS(503),
    KEYS_UNAVAILABLE(503),
    TICKETS_UNAVAILABLE(503),
    DRAINING(503),
    PUBLICATION_IN_DOUBT(504);

    private final int status;

    ProblemCode(int status) {
        this.status = status;
    }

    /** The HTTP status it goes with. */
    public int status() {
        return status;
    }

    /** As it stands on the wire. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one of this wire name. */
    public static Optional<ProblemCode> named(String code) {
        return Arrays.stream(values()).filter(each -> each.code().equals(code)).findFirst();
    }
}
