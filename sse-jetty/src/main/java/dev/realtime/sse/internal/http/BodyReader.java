package dev.realtime.sse.internal.http;

import dev.realtime.sse.ProblemCode;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects a request's body without holding a thread, up to a limit; what is only announced takes no memory. What is
 * larger, or finds no room, is read on and thrown away, up to a bound, before it is refused: a client in the middle of
 * sending may miss an answer that comes with a closed connection. Called by the container, one call at a time.
 */
final class BodyReader implements ReadListener {
    private static final int FIRST_BYTES = 4_096;
    /** In bytes, of a body. */
    static final int MOST_THROWN_AWAY = 16_777_216;
    /** Written by many at once, and read by nobody. */
    static final byte[] THROWN_AWAY = new byte[16_384];

    private static final byte[] NOTHING = {};

    private final ServletInputStream in;
    private final int limit;
    private final Room room;
    private final Reader reader;
    private final long announced;
    private byte[] body = NOTHING;
    private long read;
    private @Nullable ProblemException noRoom;
    private boolean done;

    /** Where the body is kept. */
    interface Room {
        /** So many bytes more. Once it says no, it does not hold what it gave before either. */
        boolean take(int bytes);

        /** Of all bodies together. */
        long limit();
    }

    /** Whose body it is. Exactly one of {@link #whole} and {@link #failed} is called, once; or neither, if the deadline comes first. */
    interface Reader {
        void whole(byte[] body);

        /** It is going to fail so; what still comes is thrown away. */
        void failing(Problem problem);

        void failed(Throwable failure);
    }

    private BodyReader(HttpServletRequest request, int limit, Room room, Reader reader) throws IOException {
        this.in = request.getInputStream();
        this.limit = limit;
        this.room = room;
        this.reader = reader;
        this.announced = request.getContentLengthLong();
    }

    /** Refuses at once what says that it is too large even to be thrown away. */
    static void requireWithin(HttpServletRequest request, int limit) {
        if (request.getContentLengthLong() > (long) limit + MOST_THROWN_AWAY) {
            throw tooLarge(limit, request.getContentLengthLong());
        }
    }

    static void read(HttpServletRequest request, int limit, Room room, Reader reader) throws IOException {
        BodyReader collector = new BodyReader(request, limit, room, reader);
        collector.in.setReadListener(collector);
    }

    @Override
    public void onDataAvailable() throws IOException {
        while (!done && in.isReady()) {
            int count = isKept() ? in.read(body, (int) read, body.length - (int) read) : in.read(THROWN_AWAY);
            if (count < 0) {
                return;
            }
            read += count;
            if (read > (long) limit + MOST_THROWN_AWAY) {
                refuse();
            }
        }
    }

    @Override
    public void onAllDataRead() {
        if (done) {
            return;
        }
        if (noRoom != null || isTooLarge()) {
            refuse();
        } else {
            byte[] whole = read == body.length ? body : Arrays.copyOf(body, (int) read);
            done = true; // not before there is one: the container tells of a failure here
            body = NOTHING;
            reader.whole(whole);
        }
    }

    @Override
    public void onError(Throwable failure) {
        if (!done) {
            done = true;
            body = NOTHING;
            reader.failed(
                    failure instanceof OutOfMemoryError
                            ? noRoom(room.limit())
                            : Problem.of(ProblemCode.BAD_REQUEST, "the body ended before its end")
                                    .refusal());
        }
    }

    /** Whether there is room for what comes next; makes it. At the most that may come, only the end is expected. */
    private boolean isKept() {
        if (noRoom != null || isTooLarge()) {
            body = NOTHING;
            return false;
        }
        int most = announced < 0 ? limit : (int) announced;
        if (read < body.length || read == most) {
            return read < body.length;
        }
        int larger = Math.min(most, Math.max(FIRST_BYTES, 2 * body.length));
        if (!room.take(larger - body.length)) {
            body = NOTHING;
            noRoom = noRoom(room.limit());
            reader.failing(noRoom.problem());
            return false;
        }
        body = Arrays.copyOf(body, larger);
        return true;
    }

    private boolean isTooLarge() {
        return Math.max(announced, read) > limit;
    }

    private void refuse() {
        done = true;
        body = NOTHING;
        reader.failed(noRoom != null ? noRoom : tooLarge(limit, Math.max(announced, read)));
    }

    private static ProblemException tooLarge(int limit, long size) {
        return Problem.of(
                        ProblemCode.BODY_TOO_LARGE,
                        "the body has " + size + " bytes or more; at most " + limit + " are allowed")
                .sized(limit, size)
                .refusal();
    }

    private static ProblemException noRoom(long limit) {
        return Problem.of(
                        ProblemCode.TOO_MANY_BODIES,
                        "the bodies that are on their way here, or those of your organisation, take what they may:"
                                + " all together " + limit + " bytes (the last quarter is for small ones), and each"
                                + " organisation as much as is then free; nothing was published, try again later")
                .sized(limit, null)
                .refusal();
    }
}
