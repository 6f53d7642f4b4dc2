package dev.realtime.sse.gateway.equipment;

import dev.realtime.sse.gateway.equipment.StreamClient.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Frames from a stream's body, whatever carried it: on the test's thread. */
public final class FrameReader {
    private final InputStream in;

    FrameReader(InputStream in) {
        this.in = in;
    }

    /** The next frame; null at the stream's end. */
    public Frame next() {
        String event = null;
        String id = null;
        String retry = null;
        StringBuilder data = null;
        boolean any = false;
        for (String line = line(); line != null; line = line()) {
            if (line.isEmpty() && any) {
                return new Frame(event, id, retry, data == null ? null : data.toString());
            }
            any |= !line.isEmpty() && !line.startsWith(":");
            if (line.startsWith("event: ")) {
                event = line.substring(7);
            } else if (line.startsWith("id: ")) {
                id = line.substring(4);
            } else if (line.startsWith("retry: ")) {
                retry = line.substring(7);
            } else if (line.startsWith("data: ")) {
                data = data == null ? new StringBuilder() : data.append('\n');
                data.append(line.substring(6));
            }
        }
        return null;
    }

    /** The next that is not a heartbeat. */
    public Frame nextTold() {
        Frame frame = next();
        while (frame != null && frame.isHeartbeat()) {
            frame = next();
        }
        return frame;
    }

    /** The next line as it stands there; null at the stream's end. */
    public String line() {
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    return null;
                }
                line.write(c);
            }
            return line.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
