package dev.realtime.sse.internal;

import dev.realtime.sse.ProblemCode;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Collects a request's body without holding a thread, up to a limit; what is only announced takes no memory. What is
 * larger is read on and thrown away, up to a bound, before it is refused: a client in the middle of sending may miss an
 * answer that comes with a closed connection. Called by the container, one call at a time.
 */
final class BodyReader implements ReadListener {
    private static final int CHUNK_BYTES = 16_384;
    private static final int MOST_THROWN_AWAY = 16_777_216;

    private final ServletInputStream in;
    private final int limit;
    private final Consumer<byte[]> whenRead;
    private final Consumer<Throwable> whenFailed;
    private final ByteArrayOutputStream body;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private final long announced;
    private long taken;
    private boolean done;

    private BodyReader(HttpServletRequest request, int limit, Consumer<byte[]> whenRead, Consumer<Throwable> whenFailed)
            throws IOException {
        this.in = request.getInputStream();
        this.limit = limit;
        this.whenRead = whenRead;
        this.whenFailed = whenFailed;
        this.announced = request.getContentLengthLong();
        this.body = new ByteArrayOutputStream((int) Math.max(512, Math.min(announced, CHUNK_BYTES)));
    }

    /** Refuses at once what says that it is too large even to be thrown away. */
    static void requireWithin(HttpServletRequest request, int limit) {
        if (request.getContentLengthLong() > (long) limit + MOST_THROWN_AWAY) {
            throw tooLarge(limit, request.getContentLengthLong());
        }
    }

    /** Exactly one of the two is called, once; or neither, if the deadline comes first. */
    static void read(HttpServletRequest request, int limit, Consumer<byte[]> whenRead, Consumer<Throwable> whenFailed)
            throws IOException {
        BodyReader reader = new BodyReader(request, limit, whenRead, whenFailed);
        reader.in.setReadListener(reader);
    }

    @Override
    public void onDataAvailable() throws IOException {
        while (!done && in.isReady()) {
            int count = in.read(chunk);
            if (count < 0) {
                return;
            }
            taken += count;
            if (!isTooLarge()) {
                body.write(chunk, 0, count);
            } else if (taken > (long) limit + MOST_THROWN_AWAY) {
                refuse();
            }
        }
    }

    @Override
    public void onAllDataRead() {
        if (done) {
            return;
        }
        if (isTooLarge()) {
            refuse();
        } else {
            done = true;
            whenRead.accept(body.toByteArray());
        }
    }

    @Override
    public void onError(Throwable failure) {
        if (!done) {
            done = true;
            whenFailed.accept(Problem.of(ProblemCode.BAD_REQUEST, "the body ended before its end")
                    .refusal());
        }
    }

    private boolean isTooLarge() {
        return Math.max(announced, taken) > limit;
    }

    private void refuse() {
        done = true;
        whenFailed.accept(tooLarge(limit, Math.max(announced, taken)));
    }

    private static Refusal tooLarge(int limit, long size) {
        return Problem.of(
                        ProblemCode.BODY_TOO_LARGE,
                        "the body has " + size + " bytes or more; at most " + limit + " are allowed")
                .sized(limit, size)
                .refusal();
    }
}
