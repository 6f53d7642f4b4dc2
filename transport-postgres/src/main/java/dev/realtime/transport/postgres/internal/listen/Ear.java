package dev.realtime.transport.postgres.internal.listen;

import dev.realtime.transport.postgres.internal.connect.Whereabouts;
import java.sql.SQLException;

/** The LISTEN connection, whatever driver it is of. Owned by the listener's thread. */
public interface Ear extends AutoCloseable {
    /** What it hears. Called on the driver's I/O threads: only notes it and returns. */
    interface Callback {
        /**
         * A notification.
         *
         * @param pid of the server process that notifies
         */
        void heard(int pid, String payload);

        void closed();
    }

    /** Sends our own token, on another connection: through a pooler an answer on this one would prove nothing. */
    interface LoopBack {
        /** NOTIFYs the channel. Blocks for a bounded time. */
        void send(String payload) throws SQLException;
    }

    /** Opens them. */
    interface Opener {
        /** Connects and LISTENs; committed when it returns. Blocks for a bounded time. */
        Ear open(Callback callback) throws SQLException;
    }

    /**
     * Whether the server still answers on it and still knows that it LISTENs: a read, with a deadline.
     *
     * @throws SQLException if not; says what is wrong
     */
    void checkPulse() throws SQLException;

    /** Where it leads. */
    Whereabouts place();

    /** Throws the connection away without waiting for the server. */
    @Override
    void close();
}
