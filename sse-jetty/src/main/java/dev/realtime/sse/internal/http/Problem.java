package dev.realtime.sse.internal.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.InvalidInputException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An error answer ({@code application/problem+json}): what went wrong and what is allowed, never a stack trace or a
 * credential.
 *
 * @param type always {@code about:blank}
 * @param title the status in words
 * @param detail one sentence for a person
 * @param code stable, for programs: one of {@link ProblemCode}, or an {@code Authorizer}'s own
 * @param field what is at fault
 * @param index which of several events, from 0
 * @param limit what is allowed
 * @param size what was given
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        String code,
        @Nullable String field,
        @Nullable Integer index,
        @Nullable Long limit,
        @Nullable Long size) {
    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);
    private static final int TOO_MANY_REQUESTS = 429;
    /** What may be answered before the body has come. */
    private static final String RETRY_AFTER_SECONDS = "1";
    /** Streams close when people do. */
    private static final String RETRY_AFTER_LIMIT_SECONDS = "30";

    public static Problem of(ProblemCode code, String detail) {
        return of(code.status(), code.code(), detail);
    }

    /** The answer to what was thrown while a request was served. What nobody expected is logged. */
    public static Problem of(Throwable failure) {
        if (failure instanceof ProblemException refusal) {
            return refusal.problem();
        }
        if (failure instanceof Refused refused) {
            return of(refused.status(), refused.code(), String.valueOf(refused.getMessage()));
        }
        if (failure instanceof InvalidInputException invalid) {
            int status = ProblemCode.named(invalid.code())
                    .orElse(ProblemCode.BAD_REQUEST)
                    .status();
            return of(status, invalid.code(), String.valueOf(invalid.getMessage()))
                    .about(invalid.field());
        }
        if (failure instanceof EventConflictException conflict) {
            return of(ProblemCode.EVENT_CONFLICT, String.valueOf(conflict.getMessage()))
                    .about("id");
        }
        if (failure instanceof PublicationRefusedException refused) {
            return of(ProblemCode.PUBLICATION_REFUSED, String.valueOf(refused.getMessage()));
        }
        if (failure instanceof PublicationInDoubtException) {
            return of(
                    ProblemCode.PUBLICATION_IN_DOUBT,
                    "whether this was published cannot be found out any more, so it is not tried again; publish what is"
                            + " true now under a new id");
        }
        if (failure instanceof QueueFullException) {
            return of(ProblemCode.QUEUE_FULL, "the transport is away and the queue is full; try again later");
        }
        if (failure instanceof TransportUnavailableException) {
            return of(
                    ProblemCode.TRANSPORT_UNAVAILABLE, "the transport cannot be reached; try again with the same ids");
        }
        LOG.error("A request failed", failure);
        return of(ProblemCode.INTERNAL_ERROR, "something went wrong here; the log says what");
    }

    /** For a status that the container has decided on. */
    public static Problem ofStatus(int status, ProblemCode code) {
        return of(status, code.code(), "the request cannot be served: " + StatusTitle.of(status));
    }

    /**
     * For a request line, or headers behind it, with which the head has more bytes than are taken.
     *
     * @param size how many had come when it was refused: the rest is not read
     */
    public static Problem ofLargeHead(ProblemCode code, long limit, long size) {
        String field = code == ProblemCode.URI_TOO_LONG ? "uri" : "headers";
        String detail = field + ": a request's line and headers have at most " + limit + " bytes together, these have "
                + size + " or more; ask for fewer topics and events, or send a shorter token";
        return of(code, detail).about(field).sized(limit, size);
    }

    private static Problem of(int status, String code, String detail) {
        String title = StatusTitle.of(status);
        return new Problem("about:blank", title, status, detail, code, null, null, null, null);
    }

    public Problem about(String field) {
        return new Problem(type, title, status, detail, code, field, index, limit, size);
    }

    public Problem at(int index) {
        return new Problem(type, title, status, detail, code, field, index, limit, size);
    }

    public Problem sized(long limit, @Nullable Long size) {
        return new Problem(type, title, status, detail, code, field, index, limit, size);
    }

    /** To be thrown where the problem is found. */
    public ProblemException refusal() {
        return new ProblemException(this);
    }

    /** Answers a request whose answer has not begun. */
    public void write(HttpServletResponse response) throws IOException {
        response.setStatus(status);
        response.setHeader("X-Content-Type-Options", "nosniff");
        if (status == HttpServletResponse.SC_SERVICE_UNAVAILABLE) {
            response.setHeader("Retry-After", RETRY_AFTER_SECONDS);
        }
        if (status == TOO_MANY_REQUESTS) {
            boolean soon = code.equals(ProblemCode.TOO_MANY_REQUESTS.code());
            response.setHeader("Retry-After", soon ? RETRY_AFTER_SECONDS : RETRY_AFTER_LIMIT_SECONDS);
        }
        if (status == HttpServletResponse.SC_UNAUTHORIZED) {
            response.setHeader("WWW-Authenticate", "Bearer");
        }
        Json.write(response, MediaType.PROBLEM, Json.bytes(this));
    }

    /** What is left of the request is not read: without this the client may send its next one into a closed connection. */
    static void announceClose(HttpServletResponse response) {
        response.setHeader("Connection", "close");
    }

    /** A value of the caller's as it may stand in a detail: quoted, shortened, without control characters. */
    public static String shown(String value) {
        String cut = value.length() > 40 ? value.substring(0, 40) + "…(" + value.length() + " characters)" : value;
        return "'" + cut.replaceAll("\\p{Cntrl}", "?") + "'";
    }
}
