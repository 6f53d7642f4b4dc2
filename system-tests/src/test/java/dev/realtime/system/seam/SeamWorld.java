package dev.realtime.system.seam;

import java.net.URI;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A gateway in this process whose code is woven, as seen from outside its class loader. Thread-safe. */
public interface SeamWorld extends AutoCloseable {
    URI address();

    /** The next call through this seam throws in its place. */
    void arm(int seam, SeamKind kind);

    /** The name of the thread that met the charge; null if none has. */
    String struck();

    void disarm();

    /** The seams that were come by since this was last asked. */
    BitSet takeReached();

    /** Publishes as a library's user does; completes with the cursor. */
    CompletableFuture<String> publish(String organisation, String id);

    /**
     * Subscribes as a library's user does.
     *
     * @param cursor after which; null for from now on
     * @param told each delivery: its kind, and its fields as text
     */
    AutoCloseable listen(String organisation, String cursor, Consumer<List<String>> told);

    /** The transport goes away, and comes back. */
    void away(boolean away);

    /** What is held for streams, publishers and their requests now, by name. */
    Map<String, Integer> held();

    @Override
    void close();
}
