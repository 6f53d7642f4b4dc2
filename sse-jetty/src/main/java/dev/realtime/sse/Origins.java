package dev.realtime.sse;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The web origins that may call beside our own. Immutable. */
public final class Origins {
    /** None but our own. */
    public static final Origins OWN = new Origins(Set.of(), Proxies.NONE);

    private static final Pattern WEB = Pattern.compile("https?://(\\[[0-9a-f:.]+\\]|[a-z0-9._-]+)(:[0-9]{1,5})?");
    /** Of pages inside an app, which choose a scheme of their own, and perhaps no host. */
    private static final Pattern APP =
            Pattern.compile("(?!(https?|wss?|ftp):)[a-z][a-z0-9+.-]*://([a-z0-9._~-]+(:[0-9]{1,5})?)?");

    private static final String SAME_ORIGIN = "same-origin";
    /** What browsers say of a page that asks. */
    private static final Set<String> SITES = Set.of(SAME_ORIGIN, "same-site", "cross-site");

    private final Set<String> listed;
    private final Proxies proxies;

    private Origins(Set<String> listed, Proxies proxies) {
        this.listed = listed;
        this.proxies = proxies;
    }

    /**
     * These exact origins.
     *
     * @param origins each {@code scheme://host[:port]}, without a path: {@code https://app.example}, and of apps such as
     *     {@code capacitor://localhost}
     * @throws IllegalArgumentException if one is not, and for {@code *} and {@code null}
     */
    public static Origins of(Set<String> origins) {
        Set<String> listed = new TreeSet<>();
        for (String origin : origins) {
            String lower = origin.toLowerCase(Locale.ROOT);
            if (!WEB.matcher(lower).matches() && !APP.matcher(lower).matches()) {
                throw new IllegalArgumentException(
                        "'" + origin + "' is not an origin; it is http(s)://host[:port] or an"
                                + " app's, such as capacitor://localhost, without a path or *");
            }
            listed.add(lower);
        }
        return new Origins(Set.copyOf(listed), Proxies.NONE);
    }

    /** The same, where these proxies may say which host was asked for. */
    public Origins behind(Proxies proxies) {
        return new Origins(listed, proxies);
    }

    /** Whether the list has any: answers then depend on the caller's origin. */
    public boolean any() {
        return !listed.isEmpty();
    }

    /** Whether this origin is listed. */
    public boolean lists(String origin) {
        return listed.contains(origin.toLowerCase(Locale.ROOT));
    }

    /**
     * Whether the request comes from no web page, from one of our own, or from a listed origin. Whether it is our own the
     * browser says ({@code Sec-Fetch-Site}, which no page can set); where it does not, the host decides that was asked
     * for here or, as a trusted proxy says, before it, whatever the scheme: TLS may end before us.
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

    private boolean isOwn(HttpServletRequest request, String origin) {
        String web = origin.toLowerCase(Locale.ROOT);
        if (!WEB.matcher(web).matches()) {
            return false;
        }
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null && SITES.contains(site)) {
            return site.equals(SAME_ORIGIN);
        }
        String host = request.getHeader("Host");
        String asked = host != null ? host : request.getServerName() + ":" + request.getServerPort();
        String scheme = web.substring(0, web.indexOf("://") + 3);
        return Stream.concat(Stream.of(asked), proxies.hosts(request).stream())
                .anyMatch(own -> withoutDefaultPort(scheme + own.toLowerCase(Locale.ROOT))
                        .equals(withoutDefaultPort(web)));
    }

    private static String withoutDefaultPort(String origin) {
        String port = origin.startsWith("https:") ? ":443" : ":80";
        return origin.endsWith(port) ? origin.substring(0, origin.length() - port.length()) : origin;
    }
}
