package dev.realtime.sse.internal.write;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * A writer's way into sockets: a batch is copied out of the heap once, and not again for each stream that is written the
 * same. For one thread.
 */
final class SocketBuffer {
    private final ByteBuffer copy = ByteBuffer.allocateDirect(Batch.MAX_WRITE_BYTES + Batch.MOST_AROUND_FRAMES);
    private Batch copied = Batch.NONE;

    /**
     * Writes as much of a batch's chunk as the socket takes now.
     *
     * @return how many bytes that were; less than all if there are more than a buffer holds
     */
    int write(WritableByteChannel socket, Batch batch) throws IOException {
        if (batch.chunkSize() > copy.capacity()) {
            return 0;
        }
        if (batch != copied) {
            ByteBuffer chunk = batch.chunk();
            copied = Batch.NONE; // until it holds all of this one: what is left of others must never be sent
            copy.clear();
            copy.put(chunk).flip();
            copied = batch;
        }
        copy.rewind();
        return socket.write(copy);
    }

    /** Lets go of the batch. */
    void clear() {
        copied = Batch.NONE;
    }
}
