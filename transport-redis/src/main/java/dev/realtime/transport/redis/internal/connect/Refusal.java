package dev.realtime.transport.redis.internal.connect;

import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.spi.WritesRefusedException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an error that Redis answers is about. Nothing of what it answers has happened: the script moves the head last.
 *
 * @param code Redis' own word for it, {@code ERR} if it has none
 * @param words the same in ours, safe to show to anybody
 */
public record Refusal(About about, String code, String words) {
    /** What cannot be done. */
    enum About {
        /** Nothing can be written now, whoever publishes. */
        WRITES,
        /** Nothing can be done now with some logs, this one among them. */
        SLOT,
        /** Nothing can be done with one organisation's log. */
        LOG,
        /** One publication cannot be written. */
        PUBLICATION
    }

    /** Before Redis 7 a script's error quotes the command's, somewhere in the text. */
    private static final Pattern CODE = Pattern.compile("\\b(OOM|READONLY|NOREPLICAS|MISCONF|NOPERM|NOAUTH|LOADING|"
            + "MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|WRONGTYPE|MOVED|ASK|CROSSSLOT)\\b");
    /** What Lua says of values that are not what they should be: those it read from our keys. */
    private static final Pattern ODD_VALUE = Pattern.compile("(attempt to |bad argument )");
    /** A server that is not quite Redis, or where commands are renamed. */
    private static final Pattern NO_COMMAND = Pattern.compile("nknown (Redis )?command");
    /** How a script is told that its user may not, in words only. */
    private static final Pattern MAY_NOT =
            Pattern.compile("(executing the script can't|has no permissions|No permissions)");

    private static final Set<String> ABOUT_LOG = Set.of("WRONGTYPE", "MOVED", "ASK", "CROSSSLOT");

    /** What refuses no read. */
    private static final Set<String> ONLY_WRITES = Set.of("OOM", "NOREPLICAS", "MISCONF", "NOPERM");

    private static final String CLOBBERED = "a key of this organisation's log holds something else";

    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("OOM", "the server is full and evicts nothing"),
            Map.entry("READONLY", "the server is a replica or read-only"),
            Map.entry("NOREPLICAS", "too few replicas are connected for a write"),
            Map.entry("MISCONF", "the server cannot save to its disk and takes no writes"),
            Map.entry("NOPERM", "the user lacks a right"),
            Map.entry("NOAUTH", "the user is not logged in"),
            Map.entry("LOADING", "the server is loading its data"),
            Map.entry("MASTERDOWN", "the server's primary is down"),
            Map.entry("CLUSTERDOWN", "the cluster is down"),
            Map.entry("TRYAGAIN", "the cluster moves the keys just now"),
            Map.entry("BUSY", "the server runs somebody's script"),
            Map.entry("WRONGTYPE", CLOBBERED),
            Map.entry("MOVED", "the keys are on another server of a cluster"),
            Map.entry("ASK", "the keys are on another server of a cluster"),
            Map.entry("CROSSSLOT", "the keys are on different servers of a cluster"));

    public static Refusal of(String text) {
        Matcher found = CODE.matcher(text);
        String code = found.find() ? found.group() : MAY_NOT.matcher(text).find() ? "NOPERM" : "ERR";
        String words = WORDS.getOrDefault(code, "the server does not take this");
        if (text.contains("equal or smaller than the target stream top item")) {
            return new Refusal(About.LOG, code, "somebody else has written into this organisation's log");
        }
        if (text.contains("Protocol error") || text.contains("exceeds maximum allowed size")) {
            return new Refusal(About.PUBLICATION, code, "a value is larger than the server takes");
        }
        if (NO_COMMAND.matcher(text).find()) {
            return new Refusal(About.WRITES, code, "the server lacks a command that is needed");
        }
        if (code.equals("ERR") && ODD_VALUE.matcher(text).find()) {
            return new Refusal(About.LOG, code, CLOBBERED);
        }
        if (text.contains("slot not served") || code.equals("TRYAGAIN")) {
            return new Refusal(About.SLOT, code, words);
        }
        if (ABOUT_LOG.contains(code)) {
            return new Refusal(About.LOG, code, words);
        }
        return new Refusal(code.equals("ERR") ? About.PUBLICATION : About.WRITES, code, words);
    }

    /** Whether it may be otherwise by itself. */
    public boolean isPassing() {
        return about == About.WRITES || about == About.SLOT;
    }

    /** Whether others' logs can be read: a log that does not exist yet begins with a write. */
    boolean leavesOthersReadable() {
        return about != About.WRITES || ONLY_WRITES.contains(code);
    }

    /** As a publisher hears of it. What Redis said is the cause, for the log. */
    RuntimeException exception(RedisAddress address, String orgId, Throwable said) {
        String where = "redis " + address.hostAndPort() + ": " + words + " (" + code + ")";
        return switch (about) {
            case WRITES, SLOT -> new WritesRefusedException(where + "; " + Failures.reason(said), said);
            case LOG ->
                new PublicationRefusedException(
                        "redis: organisation " + orgId + ": " + words + " (" + code + ")", true, said);
            case PUBLICATION -> new PublicationRefusedException("redis: " + words + " (" + code + ")", false, said);
        };
    }
}
