package dev.realtime.sse.internal;

import dev.realtime.sse.ProblemCode;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.function.Consumer;

/** Collects a request's body without holding a thread, up to a limit. Called by the container, one call at a time. */
final class BodyReader implements ReadListener {
    private static final int CHUNK_BYTES = 16_384;

    private final ServletInputStream in;
    private final int limit;
    private final Consumer<byte[]> whenRead;
    private final Consumer<Throwable> whenFailed;
    private final ByteArrayOutputStream body;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private boolean tooLarge;

    private BodyReader(HttpServletRequest request, int limit, Consumer<byte[]> whenRead, Consumer<Throwable> whenFailed)
            throws IOException {
        this.in = request.getInputStream();
        this.limit = limit;
        this.whenRead = whenRead;
        this.whenFailed = whenFailed;
        this.body = new ByteArrayOutputStream(Math.max(512, request.getContentLength()));
    }

    /** Refuses at once what says that it is too large. */
    static void requireWithin(HttpServletRequest request, int limit) {
        if (request.getContentLengthLong() > limit) {
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
        while (!tooLarge && in.isReady()) {
            int count = in.read(chunk);
            if (count < 0) {
                return;
            }
            body.write(chunk, 0, count);
            if (body.size() > limit) {
                tooLarge = true;
                whenFailed.accept(tooLarge(limit, body.size()));
            }
        }
    }

    @Override
    public void onAllDataRead() {
        if (!tooLarge) {
            whenRead.accept(body.toByteArray());
        }
    }

    @Override
    public void onError(Throwable failure) {
        if (!tooLarge) {
            whenFailed.accept(Problem.of(ProblemCode.BAD_REQUEST, "the body ended before its end")
                    .refusal());
        }
    }

    private static Refusal tooLarge(int limit, long size) {
        return Problem.of(
                        ProblemCode.BODY_TOO_LARGE,
                        "the body has " + size + " bytes or more; at most " + limit + " are allowed")
                .sized(limit, size)
                .refusal();
    }
}
