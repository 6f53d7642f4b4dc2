package dev.realtime.transport.testkit.servers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** As much of a Redis client as these tests need: a line there, a line back. */
record RedisWire(Socket socket, BufferedReader in) implements AutoCloseable {

    static RedisWire to(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        return new RedisWire(
                socket, new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)));
    }

    String ask(String command) throws IOException {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return in.readLine();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
