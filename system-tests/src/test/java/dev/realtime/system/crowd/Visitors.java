package dev.realtime.system.crowd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Many short streams, some at a time, on the caller's thread. */
final class Visitors {
    private static final int BUFFER = 65_536;
    private static final long STALL_MILLIS = 30_000;

    private final InetSocketAddress gateway;
    private final int atOnce;
    private final Supplier<Visit> next;
    private final List<Visit> visits = new ArrayList<>();
    private final byte[] bytes = new byte[BUFFER];
    private int open;

    Visitors(int port, int atOnce, Supplier<Visit> next) {
        this.gateway = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.atOnce = atOnce;
        this.next = next;
    }

    /** Returns all of them when the last one has left. */
    List<Visit> come(int number) throws IOException {
        try (Selector selector = Selector.open()) {
            while (visits.size() < number || open > 0) {
                while (visits.size() < number && open < atOnce) {
                    enter(selector);
                }
                if (selector.select(STALL_MILLIS) == 0) {
                    throw new AssertionError("nobody was told anything for so long; " + open + " are waiting");
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    serve(key);
                }
                selector.selectedKeys().clear();
            }
        }
        return visits;
    }

    private void enter(Selector selector) throws IOException {
        Visit visit = next.get();
        SocketChannel socket = SocketChannel.open(gateway);
        socket.write(visit.request());
        socket.configureBlocking(false);
        socket.register(selector, SelectionKey.OP_READ, visit);
        visits.add(visit);
        open++;
    }

    private void serve(SelectionKey key) throws IOException {
        SocketChannel socket = (SocketChannel) key.channel();
        Visit visit = (Visit) key.attachment();
        int length = socket.read(ByteBuffer.wrap(bytes));
        if (length < 0) {
            visit.ended();
        } else {
            visit.take(bytes, length);
        }
        if (visit.satisfied()) {
            socket.close();
            open--;
        }
    }
}
