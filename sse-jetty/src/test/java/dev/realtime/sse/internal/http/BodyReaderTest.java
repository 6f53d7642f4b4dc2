package dev.realtime.sse.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.EOFException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a container says of a body that it could not bring. */
class BodyReaderTest {
    private static final BodyReader.Room NO_ROOM = new BodyReader.Room() {
        @Override
        public boolean take(int bytes) {
            return false;
        }

        @Override
        public long limit() {
            return 0;
        }
    };

    private final List<Problem> failures = new ArrayList<>();
    private ReadListener listener;

    /** The heap may be full before what the bodies may take is: that is no fault of the client's. */
    @Test
    void aFullHeapIsToldAsNoRoomAndAClientThatLeftAsABadRequest() throws IOException {
        read();
        listener.onError(new OutOfMemoryError("a test"));
        listener.onError(new EOFException());
        read();
        listener.onError(new EOFException());

        assertThat(failures).extracting(Problem::code).containsExactly("too_many_bodies", "bad_request");
        assertThat(failures).extracting(Problem::status).containsExactly(503, 400);
    }

    private void read() throws IOException {
        ServletInputStream in = new ServletInputStream() {
            @Override
            public boolean isFinished() {
                return false;
            }

            @Override
            public boolean isReady() {
                return false;
            }

            @Override
            public void setReadListener(ReadListener readListener) {
                listener = readListener;
            }

            @Override
            public int read() {
                throw new AssertionError("it is never ready");
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                throw new AssertionError("it is never ready");
            }
        };
        HttpServletRequest request = (HttpServletRequest) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> method.getName().equals("getInputStream") ? in : (Object) 100L);
        BodyReader.read(request, 1_000, NO_ROOM, new BodyReader.Reader() {
            @Override
            public void whole(byte[] body) {
                throw new AssertionError("nothing came");
            }

            @Override
            public void failing(Problem problem) {
                throw new AssertionError("nothing came");
            }

            @Override
            public void failed(Throwable failure) {
                failures.add(Problem.of(failure));
            }
        });
    }
}
