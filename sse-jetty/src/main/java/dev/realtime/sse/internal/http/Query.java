package dev.realtime.sse.internal.http;

import dev.realtime.sse.ProblemCode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A query string's parameters, each at most once, none but those that are known. Immutable. */
public record Query(Map<String, String> values) {
    /**
     * What a query string says.
     *
     * @param known the parameters that may be given
     * @param verbatim the one that is taken as it stands where it cannot be decoded
     */
    public static Query parse(@Nullable String text, Set<String> known, @Nullable String verbatim) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String pair : text == null ? new String[0] : text.split("&")) {
            if (pair.isEmpty()) {
                continue; // such as before the first & of "?&topics=a"
            }
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals), null);
            if (!known.contains(name)) {
                throw Problem.of(
                                ProblemCode.UNKNOWN_PARAMETER,
                                "the parameter " + Problem.shown(name) + " is not known; known are "
                                        + String.join(
                                                ", ", known.stream().sorted().toList()))
                        .about(name.length() > 40 ? name.substring(0, 40) : name)
                        .refusal();
            }
            String raw = equals < 0 ? "" : pair.substring(equals + 1);
            if (values.put(name, decoded(raw, name.equals(verbatim) ? raw : null)) != null) {
                throw Problem.of(ProblemCode.REPEATED_PARAMETER, name + ": may be given once")
                        .about(name)
                        .refusal();
            }
        }
        return new Query(values);
    }

    /** A resource without parameters. */
    public static void requireNone(@Nullable String text) {
        parse(text, Set.of(), null);
    }

    @Nullable
    public String get(String name) {
        return values.get(name);
    }

    private static String decoded(String text, @Nullable String otherwise) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            if (otherwise != null) {
                return otherwise;
            }
            throw Problem.of(ProblemCode.QUERY_MALFORMED, "the query has a % that two hex digits do not follow")
                    .refusal();
        }
    }
}
