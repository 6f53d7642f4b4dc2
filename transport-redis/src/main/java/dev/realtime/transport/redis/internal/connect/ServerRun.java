package dev.realtime.transport.redis.internal.connect;

import java.util.Map;

/**
 * One run of a server process, from its start to its end.
 *
 * @param id its name; empty if the server does not tell
 * @param safe whether a restart loses nothing: every write is on the disk before it is answered, and there is no
 *     replica that could come back in its place
 */
public record ServerRun(String id, boolean safe) {
    private static final String NEVER_A_REPLICA = "0".repeat(40);

    static final ServerRun UNKNOWN = new ServerRun("", false);

    /**
     * What a server says of itself.
     *
     * @param info its answers to INFO server and INFO replication
     * @param config its answers to CONFIG GET; empty if it refuses
     */
    static ServerRun of(String info, Map<String, String> config) {
        return new ServerRun(
                field(info, "run_id"),
                "yes".equals(config.get("appendonly"))
                        && "always".equals(config.get("appendfsync"))
                        && field(info, "connected_slaves").equals("0")
                        && field(info, "master_replid2").equals(NEVER_A_REPLICA));
    }

    private static String field(String info, String name) {
        return info.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse("");
    }
}
