package dev.realtime.sse.internal;

import dev.realtime.sse.ProblemCode;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A request that is answered later, once, whoever comes first. Thread-safe; answering never blocks its caller. */
final class Exchange implements AsyncListener {
    private final AsyncContext async;
    private final AtomicBoolean answered = new AtomicBoolean();
    private volatile Problem whenLate =
            Problem.of(ProblemCode.TRANSPORT_UNAVAILABLE, "the transport did not answer in time");

    private interface Answer {
        void write(HttpServletResponse response) throws IOException;
    }

    private Exchange(AsyncContext async) {
        this.async = async;
    }

    static Exchange start(HttpServletRequest request, Duration deadline) {
        AsyncContext async = request.startAsync();
        async.setTimeout(deadline.toMillis());
        Exchange exchange = new Exchange(async);
        async.addListener(exchange);
        return exchange;
    }

    /** What to answer at the deadline; returns what it was before. */
    Problem whenLate(Problem problem) {
        Problem before = whenLate;
        whenLate = problem;
        return before;
    }

    void json(int status, Object body) {
        byte[] json = Json.bytes(body);
        answer(response -> {
            response.setStatus(status);
            response.setHeader("Cache-Control", "no-store");
            response.setContentType(MediaType.JSON);
            response.setContentLength(json.length);
            response.getOutputStream().write(json);
        });
    }

    void fail(Throwable failure) {
        if (answered.get()) {
            return;
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        Problem problem = Problem.of(cause);
        answer(problem::write);
    }

    private void answer(Answer answer) {
        if (answered.compareAndSet(false, true)) {
            async.start(() -> {
                try {
                    answer.write((HttpServletResponse) async.getResponse());
                } catch (IOException clientHasLeft) {
                    // nobody to tell
                } finally {
                    async.complete();
                }
            });
        }
    }

    @Override
    public void onTimeout(AsyncEvent event) throws IOException {
        if (answered.compareAndSet(false, true)) {
            whenLate.write((HttpServletResponse) async.getResponse());
            async.complete();
        }
    }

    @Override
    public void onError(AsyncEvent event) {
        if (answered.compareAndSet(false, true)) {
            async.complete();
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {}

    @Override
    public void onStartAsync(AsyncEvent event) {}
}
