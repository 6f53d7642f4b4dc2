package dev.realtime.transport.testkit;

import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;

/**
 * What the author of an adapter writes to run the contract: a backend for one rule, with an empty log that no other
 * rule sees. Made anew for every rule and closed after it. Called by one thread at a time.
 */
public interface Backend extends AutoCloseable {
    /**
     * Another instance on this backend, not started. The kit closes it.
     *
     * @param context its key prefix is this rule's own and the same for all its instances: enough isolation for a
     *     backend that puts it before every name
     */
    PubSubAdapter newAdapter(AdapterContext context);

    /** Removes what the rule left behind. The adapters are closed by then. */
    @Override
    void close();
}
