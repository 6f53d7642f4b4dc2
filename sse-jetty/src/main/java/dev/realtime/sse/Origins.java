package dev.realtime.sse;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The web origins that may call beside our own. Immutable. */
public final class Origins {
    /** None but our own. */
    public static final Origins OWN = new Origins(Set.of());

    private static final Pattern FORM = Pattern.compile("https?://(\\[[0-9a-f:.]+\\]|[a-z0-9.-]+)(:[0-9]{1,5})?");

    private final Set<String> listed;

    private Origins(Set<String> listed) {
        this.listed = listed;
    }

    /**
     * These exact origins.
     *
     * @param origins each {@code scheme://host[:port]}, without a path
     * @throws IllegalArgumentException if one is not, and for {@code *}
     */
    public static Origins of(Set<String> origins) {
        Set<String> listed = new TreeSet<>();
        for (String origin : origins) {
            String lower = origin.toLowerCase(Locale.ROOT);
            if (!FORM.matcher(lower).matches()) {
                throw new IllegalArgumentException(
                        "'" + origin + "' is not an origin; it is http(s)://host[:port], without a path or *");
            }
            listed.add(lower);
        }
        return new Origins(Set.copyOf(listed));
    }

    /** Whether the list has any: answers then depend on the caller's origin. */
    public boolean any() {
        return !listed.isEmpty();
    }

    /** Whether this origin is listed. */
    public boolean lists(String origin) {
        return listed.contains(origin);
    }

    /**
     * Whether the request comes from no web page, from a page of our own host (whatever the scheme: TLS may end before
     * us), or from a listed origin.
     */
    public boolean admit(HttpServletRequest request) {
        String origin = request.getHeader("Origin");
        return origin == null || lists(origin) || isOwn(request, origin);
    }

    /** Whether the request comes from a listed page of another host. */
    public boolean isListedElsewhere(HttpServletRequest request) {
        String origin = request.getHeader("Origin");
        return origin != null && lists(origin) && !isOwn(request, origin);
    }

    private static boolean isOwn(HttpServletRequest request, String origin) {
        String host = request.getHeader("Host");
        String own = host != null ? host : request.getServerName() + ":" + request.getServerPort();
        int authority = origin.indexOf("://");
        return authority > 0 && origin.substring(authority + 3).equalsIgnoreCase(own);
    }
}
