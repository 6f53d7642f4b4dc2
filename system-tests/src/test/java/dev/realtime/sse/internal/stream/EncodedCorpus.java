package dev.realtime.sse.internal.stream;

import dev.realtime.sse.internal.write.Batch;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Some hundred frames with everything awkward in them, as {@link SseEncoder} writes them, and what they mean. The same for
 * the same seed. In the encoder's package, which nobody else may call. Immutable.
 */
public final class EncodedCorpus {
    private static final String HEARTBEAT = "realtime.position";
    /** Names of events; null is an envelope without one. */
    public static final List<String> NAMES = List.of(
            "message",
            HEARTBEAT,
            "orders.updated",
            "realtime.gap",
            "a:b",
            ": c",
            "data",
            " led",
            "trailing ",
            "ü€\uD83D\uDE80",
            "x\u2028y",
            "\uFEFFb");

    /** The last frame's name. */
    public static final String END = "end";

    private static final String[] PIECES = {
        "\n",
        "\r",
        "\r\n",
        "\n\r",
        "\n\n",
        "\r\r",
        "\0",
        "\uFEFF",
        "\u2028",
        "\u2029",
        "\u0085",
        "\u000B",
        "\f",
        "\t",
        " ",
        "  ",
        ":",
        ": ",
        "data: x",
        "\nid: 7",
        "\nevent: no\n\n",
        "é",
        "€",
        "\uD83D\uDE80",
        "\uDBFF\uDFFF",
        "\u0001",
        "\u007F",
        "{\"a\":1}"
    };

    /** Which id a client tells with an event. */
    public enum Ids {
        /** The last one of any frame so far, as the HTML standard says. */
        LAST,
        /** The frame's own, empty if it has none. */
        OWN
    }

    /**
     * What a client hears.
     *
     * @param event {@code message} for a frame without a name
     * @param id empty for none
     * @param data with every line break an LF
     */
    public record Meant(String event, String id, String data) {
        /** Long data shortened, for the reader of a failure. */
        @Override
        public String toString() {
            String shown = data.length() > 200 ? data.substring(0, 200) + "…" + data.length() : data;
            return (event + " " + id + " " + shown).replace("\n", "\\n").replace("\0", "\\0");
        }
    }

    private final byte[] bytes;
    private final Map<Ids, List<Meant>> meant;

    private EncodedCorpus(byte[] bytes, Map<Ids, List<Meant>> meant) {
        this.bytes = bytes;
        this.meant = meant;
    }

    /** All frames, one after the other. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** What a client has to make of them: the last one is {@link #END}. */
    public List<Meant> meant(Ids ids) {
        return meant.get(ids);
    }

    /** So many frames that carry data, with heartbeats, comments and others that do not between them. */
    public static EncodedCorpus of(long seed, int frames) {
        Random random = new Random(seed);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Map<Ids, List<Meant>> meant = new EnumMap<>(Ids.class);
        Map<Ids, String> ids = new EnumMap<>(Ids.class);
        for (Ids each : Ids.values()) {
            meant.put(each, new ArrayList<>());
            ids.put(each, "");
        }
        for (int i = 0; i < frames; i++) {
            if (random.nextInt(8) == 0) {
                String quiet = "quiet-" + i;
                ids.replaceAll((which, before) -> quiet);
                ids.forEach((which, id) -> meant.get(which).add(new Meant(HEARTBEAT, id, "{}")));
                bytes.writeBytes(SseEncoder.frame().event(HEARTBEAT).data("{}").bytes(quiet));
                bytes.writeBytes(Batch.comment());
            }
            SseEncoder frame = SseEncoder.frame();
            String name = random.nextBoolean() ? null : NAMES.get(random.nextInt(NAMES.size()));
            if (name != null) {
                frame.event(name);
            }
            String data = data(random, i);
            frame.data(data);
            if (random.nextInt(10) == 0) {
                frame.retry(1_000L + random.nextInt(9_000));
            }
            ids.put(Ids.OWN, "");
            String own = random.nextInt(4) > 0 ? id(random, i) : null;
            if (own != null) {
                ids.replaceAll((which, before) -> own);
            }
            bytes.writeBytes(frame.bytes(own));
            String read = data.replace("\r\n", "\n")
                    .replace('\r', '\n')
                    .replace("\u0085", "\\u0085")
                    .replace("\u2028", "\\u2028")
                    .replace("\u2029", "\\u2029");
            ids.forEach((which, id) -> meant.get(which).add(new Meant(name == null ? "message" : name, id, read)));
        }
        bytes.writeBytes(SseEncoder.frame().event(END).data("").bytes());
        ids.put(Ids.OWN, "");
        ids.forEach((which, id) -> meant.get(which).add(new Meant(END, id, "")));
        return new EncodedCorpus(bytes.toByteArray(), meant);
    }

    private static String id(Random random, int number) {
        return switch (random.nextInt(6)) {
            case 0 -> "";
            case 1 -> " " + number + " ";
            case 2 -> "ü\uD83D\uDE80:" + number;
            default -> "0edfd39bae0a-" + number + "-5dc6e2";
        };
    }

    private static String data(Random random, int number) {
        if (number % 97 == 0) {
            return "x".repeat(150_000) + "\uD83D\uDE80".repeat(1_000);
        }
        StringBuilder data = new StringBuilder();
        for (int pieces = random.nextInt(12); pieces > 0; pieces--) {
            data.append(random.nextInt(3) == 0 ? "text " + number : PIECES[random.nextInt(PIECES.length)]);
        }
        return data.toString();
    }
}
