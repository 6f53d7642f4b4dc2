package dev.realtime.system.crowd;

import dev.realtime.system.equipment.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Many streams that stay, all read on the caller's thread. Those that wander go on elsewhere when they are sent away, as
 * browsers do: after what they were told to wait, from their last cursor.
 */
public final class Crowd implements AutoCloseable {
    private static final int BUFFER = 65_536;
    private static final long POLL_MILLIS = 20;

    private final InetSocketAddress gateway;
    private final InetSocketAddress elsewhere;
    private final Selector selector;
    private final List<Visit> visits = new ArrayList<>();
    private final PriorityQueue<OnTheWay> onTheWay = new PriorityQueue<>(Comparator.comparingLong(OnTheWay::due));
    private final List<Long> returns = new ArrayList<>();
    private final byte[] bytes = new byte[BUFFER];

    /** Who was sent away, and when it is to come back. */
    private record OnTheWay(Visit visit, long due) {}

    /** Whose gateway is not expected to send anybody away. */
    public Crowd(int port) throws IOException {
        this(port, port);
    }

    /** @param elsewhere the port where those go on who are sent away */
    public Crowd(int port, int elsewhere) throws IOException {
        this.gateway = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.elsewhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), elsewhere);
        this.selector = Selector.open();
    }

    /** One more stream. */
    public void enter(Visit visit) throws IOException {
        enter(visit, gateway);
    }

    private void enter(Visit visit, InetSocketAddress gateway) throws IOException {
        SocketChannel socket = SocketChannel.open(gateway);
        socket.write(visit.request());
        socket.configureBlocking(false);
        socket.register(selector, SelectionKey.OP_READ, visit);
        visits.add(visit);
    }

    /** All that have ever entered. */
    public List<Visit> visits() {
        return List.copyOf(visits);
    }

    /** When each came back that had been sent away, in order: nanoseconds of the system's clock. */
    List<Long> returns() {
        return List.copyOf(returns);
    }

    /**
     * Reads until each of them is so, for once and all, and nobody is on the way. Ends early where one is harmed: what is
     * wrong is judged later.
     */
    public void hearUntil(String what, Predicate<Visit> each) throws IOException {
        long deadline = System.nanoTime() + Patience.ALL.toNanos();
        int first = 0;
        while (first < visits.size() || !onTheWay.isEmpty()) {
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
            letReturn();
        }
        selector.selectedKeys().clear();
        letReturn();
    }

    private void letReturn() throws IOException {
        while (!onTheWay.isEmpty() && onTheWay.peek().due() <= System.nanoTime()) {
            enter(onTheWay.remove().visit(), elsewhere);
            returns.add(System.nanoTime());
        }
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
        if (length >= 0) {
            visit.take(bytes, length);
            return;
        }
        socket.close();
        visit.ended();
        if (visit.wasSentAway()) {
            long wait = TimeUnit.MILLISECONDS.toNanos(visit.retryMillis());
            onTheWay.add(new OnTheWay(visit.goingOn(), System.nanoTime() + wait));
        }
    }

    /** Resets all connections. Returns the streams that were on them, which nobody reads any more. */
    public List<Visit> cut() throws IOException {
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
