package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Says a letter of its own to every client, and then whatever it is told. */
record EchoServer(ServerSocket listener) implements AutoCloseable {

    static EchoServer saying(char greeting) throws IOException {
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        EchoServer server = new EchoServer(listener);
        ProxiedConnection.daemon("echo", () -> server.accept(greeting)).start();
        return server;
    }

    int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void accept(char greeting) {
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
