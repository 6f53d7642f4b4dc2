package dev.realtime.sse.internal.write;

import dev.realtime.transport.runtime.Supervisor;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** The threads that write streams: one for two processors. Each stream keeps to one of them. Thread-safe. */
public final class StreamWriters implements AutoCloseable {
    private final List<StreamWriter> writers;
    private final AtomicInteger turn = new AtomicInteger();

    public StreamWriters(Supervisor supervisor) {
        int count = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        this.writers = IntStream.rangeClosed(1, count)
                .mapToObj(number -> new StreamWriter(supervisor, "realtime-writer-" + number))
                .toList();
    }

    /** The writer of a new stream, or of one publication's answer. */
    public StreamWriter next() {
        return writers.get(Math.floorMod(turn.getAndIncrement(), writers.size()));
    }

    /** Gives what is scheduled a last turn. */
    @Override
    public void close() {
        writers.forEach(StreamWriter::close);
    }
}
