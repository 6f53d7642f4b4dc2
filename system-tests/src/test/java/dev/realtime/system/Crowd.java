package dev.realtime.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Many streams that stay, all read on the caller's thread. */
final class Crowd implements AutoCloseable {
    private static final int BUFFER = 65_536;
    private static final long POLL_MILLIS = 20;

    private final InetSocketAddress gateway;
    private final Selector selector;
    private final List<Visit> visits = new ArrayList<>();
    private final byte[] bytes = new byte[BUFFER];

    Crowd(int port) throws IOException {
        this.gateway = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.selector = Selector.open();
    }

    /** One more stream. */
    void enter(Visit visit) throws IOException {
        SocketChannel socket = SocketChannel.open(gateway);
        socket.write(visit.request());
        socket.configureBlocking(false);
        socket.register(selector, SelectionKey.OP_READ, visit);
        visits.add(visit);
    }

    /** All that have ever entered. */
    List<Visit> visits() {
        return List.copyOf(visits);
    }

    /** Reads until each of them is so, for once and all. Ends early where one is harmed: what is wrong is judged later. */
    void hearUntil(String what, Predicate<Visit> each) throws IOException {
        long deadline = System.nanoTime() + Patience.ALL.toNanos();
        int first = 0;
        while (first < visits.size()) {
            hear();
            while (first < visits.size() && (visits.get(first).isHarmed() || each.test(visits.get(first)))) {
                first++;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError(what + ": still not so of " + (visits.size() - first));
            }
        }
    }

    /** Reads what has come. */
    private void hear() throws IOException {
        selector.select(POLL_MILLIS);
        for (SelectionKey key : selector.selectedKeys()) {
            serve(key);
        }
        selector.selectedKeys().clear();
    }

    private void serve(SelectionKey key) throws IOException {
        SocketChannel socket = (SocketChannel) key.channel();
        Visit visit = (Visit) key.attachment();
        int length;
        try {
            length = socket.read(ByteBuffer.wrap(bytes));
        } catch (IOException reset) {
            length = -1;
        }
        if (length < 0) {
            visit.ended();
            socket.close();
        } else {
            visit.take(bytes, length);
        }
    }

    /** Resets all connections. Returns the streams that were on them, which nobody reads any more. */
    List<Visit> cut() throws IOException {
        List<Visit> gone = visits();
        for (SelectionKey key : selector.keys()) {
            SocketChannel socket = (SocketChannel) key.channel();
            if (socket.isOpen()) {
                socket.setOption(StandardSocketOptions.SO_LINGER, 0);
                socket.close();
            }
        }
        selector.selectNow();
        visits.clear();
        return gone;
    }

    @Override
    public void close() throws IOException {
        cut();
        selector.close();
    }
}
