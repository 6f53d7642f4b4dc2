package dev.realtime.transport.postgres.internal.connect;

/**
 * A server.
 *
 * @param host a name or address; IPv6 without brackets
 * @param port 1 to 65535
 */
public record ServerAddress(String host, int port) {
    /** As URLs write it: IPv6 in brackets. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
