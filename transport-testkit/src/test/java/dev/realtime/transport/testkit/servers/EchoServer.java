package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Says a letter of its own to every client, and then whatever it is told. */
record EchoServer(ServerSocket listener, Thread accepting) implements AutoCloseable {

    static EchoServer saying(char greeting) throws IOException {
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread accepting = ProxiedConnection.daemon("echo", () -> accept(listener, greeting));
        accepting.start();
        return new EchoServer(listener, accepting);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Until it takes nobody any more: a call that waits may take one more after the close. */
    @Override
    public void close() throws IOException {
        listener.close();
        try {
            accepting.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void accept(ServerSocket listener, char greeting) {
        try {
            while (true) {
                Socket client = listener.accept();
                ProxiedConnection.daemon("echo-client", () -> echo(client, greeting))
                        .start();
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private static void echo(Socket client, char greeting) {
        try (client) {
            client.getOutputStream().write(greeting);
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException reset) {
            // the client left
        }
    }
}
