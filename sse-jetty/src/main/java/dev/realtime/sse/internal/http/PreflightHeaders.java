package dev.realtime.sse.internal.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The request headers that a listed origin's page may send: whatever its libraries add, such as {@code traceparent} or
 * {@code X-Requested-With}. Only what speaks for a proxy or for the browser itself is not theirs. Stateless.
 */
final class PreflightHeaders {
    private static final List<String> KNOWN = List.of("Authorization", "Content-Type", "Last-Event-ID");
    /** Most that one preflight is answered with. */
    private static final int MOST = 100;

    private static final Pattern NAME = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,100}");
    private static final Pattern NOT_THEIRS = Pattern.compile(
            "forwarded|x-forwarded-.*|x-real-ip|x-(http-)?method(-override)?|sec-.*|proxy-.*|cookie2?|host"
                    + "|connection|upgrade|te|trailer|transfer-encoding|content-length");

    private PreflightHeaders() {}

    /** Those that it asks for, beside those that we know. */
    static String allowed(HttpServletRequest preflight) {
        Set<String> allowed = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        allowed.addAll(KNOWN);
        for (String line : Collections.list(preflight.getHeaders("Access-Control-Request-Headers"))) {
            for (String asked : line.split(",")) {
                String name = asked.strip().toLowerCase(Locale.ROOT);
                if (allowed.size() < MOST
                        && NAME.matcher(name).matches()
                        && !NOT_THEIRS.matcher(name).matches()) {
                    allowed.add(name);
                }
            }
        }
        return String.join(", ", allowed);
    }
}
