package dev.realtime.sse.internal.http;

import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Published;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request that is answered later, once, whoever comes first. Thread-safe; answering never blocks its caller. */
public final class Exchange implements AsyncListener {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final AsyncContext async;
    private final AtomicBoolean answered = new AtomicBoolean();
    private final Runnable whenAnswered;
    private volatile Problem whenLate =
            Problem.of(ProblemCode.TRANSPORT_UNAVAILABLE, "the transport did not answer in time");
    /** The connection cannot be used again as long as it is. */
    private volatile boolean bodyIsUnread;

    private interface Answer {
        void write(HttpServletResponse response) throws IOException;
    }

    private Exchange(AsyncContext async, Runnable whenAnswered) {
        this.async = async;
        this.whenAnswered = whenAnswered;
    }

    public static Exchange start(HttpServletRequest request, Duration deadline) {
        return start(request, deadline, () -> {});
    }

    private static Exchange start(HttpServletRequest request, Duration deadline, Runnable whenAnswered) {
        AsyncContext async = request.startAsync();
        async.setTimeout(deadline.toMillis());
        Exchange exchange = new Exchange(async, whenAnswered);
        async.addListener(exchange);
        return exchange;
    }

    /**
     * Reads a request's body of JSON, and has it answered. The deadline is one for both.
     *
     * @param share of what bodies may take, held until it is answered
     * @param mostBytes of the body
     * @param answer what it throws is answered too
     */
    public static void withJson(
            HttpServletRequest request,
            Duration deadline,
            BodyMemory.Share share,
            int mostBytes,
            BiConsumer<Exchange, byte[]> answer)
            throws Refused, IOException {
        if (!MediaType.isJson(request.getContentType())) {
            throw new Refused(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "the content type must be " + MediaType.JSON);
        }
        String encoding = request.getHeader("Content-Encoding");
        if (encoding != null && !encoding.strip().equalsIgnoreCase("identity")) {
            throw new Refused(
                    ProblemCode.UNSUPPORTED_CONTENT_ENCODING, "a body is taken as it is, without a Content-Encoding");
        }
        BodyReader.requireWithin(request, mostBytes);
        Exchange exchange = start(request, deadline, share::release);
        Problem whenAnswerIsLate = exchange.whenLate;
        exchange.whenLate = LateBody.problem();
        exchange.bodyIsUnread = true;
        BodyReader.read(request, mostBytes, share, new BodyReader.Reader() {
            @Override
            public void whole(byte[] body) {
                exchange.bodyIsUnread = false;
                exchange.whenLate = whenAnswerIsLate;
                exchange.orFail(() -> answer.accept(exchange, body));
            }

            @Override
            public void failing(Problem problem) {
                exchange.whenLate = problem;
            }

            @Override
            public void failed(Throwable failure) {
                exchange.fail(failure);
            }
        });
    }

    /**
     * Has a request answered once its body has come and been thrown away, or does not come to its end.
     *
     * @param whenLate the answer at the deadline
     * @param answer what it throws is answered too
     */
    public static void afterBody(HttpServletRequest request, Problem whenLate, Consumer<Exchange> answer)
            throws IOException {
        Exchange exchange = start(request, LateBody.DEADLINE);
        exchange.whenLate = whenLate;
        exchange.bodyIsUnread = true;
        LateBody.throwAway(request, wholly -> {
            exchange.bodyIsUnread = !wholly;
            exchange.orFail(() -> answer.accept(exchange));
        });
    }

    /** Answers when a publication is queued, has been committed, or fails. */
    public void follow(Publication publication, Supplier<Object> queued, Consumer<List<Published>> committed) {
        publication
                .accepted()
                .whenComplete((acceptance, failure) -> orFail(() -> {
                    if (failure != null) {
                        fail(failure);
                    } else if (acceptance == Publication.Acceptance.QUEUED) {
                        json(HttpServletResponse.SC_ACCEPTED, queued.get());
                    }
                }));
        publication
                .committed()
                .whenComplete((published, failure) -> orFail(() -> {
                    if (failure != null) {
                        fail(failure);
                    } else {
                        committed.accept(published);
                    }
                }));
    }

    /** A step whose failure nobody else would hear of: it is the answer. */
    public void orFail(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    /** What a stage failed of. */
    public static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    public void json(int status, Object body) {
        byte[] json = Json.bytes(body);
        answer(response -> {
            response.setStatus(status);
            Json.write(response, MediaType.JSON, json);
        });
    }

    public void fail(Throwable failure) {
        if (!answered.get()) {
            refuse(Problem.of(cause(failure)));
        }
    }

    void refuse(Problem problem) {
        answer(problem::write);
    }

    private void answer(Answer answer) {
        if (isFirst()) {
            try {
                async.start(() -> write(answer));
            } catch (RuntimeException | Error noThread) {
                write(response -> answerInternalError(response, noThread));
            }
        }
    }

    /** Whatever comes of it, the request is over afterwards, and no half answer looks like a whole one. */
    private void write(Answer answer) {
        HttpServletResponse response = (HttpServletResponse) async.getResponse();
        try {
            announceUnread(response);
            answer.write(response);
        } catch (IOException clientHasLeft) {
            // nobody to tell
        } catch (RuntimeException | Error e) {
            answerInternalError(response, e);
        } finally {
            async.complete();
        }
    }

    /** With as little as can be done: what failed may be the memory. */
    private void answerInternalError(HttpServletResponse response, Throwable failure) {
        Guarded.run(() -> LOG.error("A request could not be answered", failure), LOG, "nor be told of");
        if (!response.isCommitted()) {
            response.reset();
            response.setStatus(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
            announceUnread(response);
        }
    }

    private void announceUnread(HttpServletResponse response) {
        if (bodyIsUnread) {
            Problem.announceClose(response);
        }
    }

    /** Whoever comes first answers. The body is of no use any more. */
    private boolean isFirst() {
        boolean first = answered.compareAndSet(false, true);
        if (first) {
            Guarded.run(whenAnswered, LOG, "The room of a body was not given back");
        }
        return first;
    }

    @Override
    public void onTimeout(AsyncEvent event) {
        if (isFirst()) {
            write(whenLate::write);
        }
    }

    @Override
    public void onError(AsyncEvent event) {
        if (isFirst()) {
            async.complete();
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        answered.set(true);
        whenAnswered.run(); // again, in case it failed when it was tried before
    }

    @Override
    public void onStartAsync(AsyncEvent event) {}
}
