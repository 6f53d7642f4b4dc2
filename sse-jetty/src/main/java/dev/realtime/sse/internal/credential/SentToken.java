package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Origins;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/** Where a request's token is. Stateless. */
public final class SentToken {
    private static final String BEARER = "Bearer ";

    private SentToken() {}

    /**
     * The token after {@code Authorization: Bearer}, else the one in the cookie; null if there is neither.
     *
     * @param origins whose pages may use the cookie, beside our own
     * @throws Refused for a cookie that another site's page has the browser send
     */
    public static @Nullable String of(HttpServletRequest request, String cookie, Origins origins) throws Refused {
        String authorization = request.getHeader("Authorization");
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        Cookie[] cookies = request.getCookies();
        for (Cookie each : cookies == null ? new Cookie[0] : cookies) {
            if (each.getName().equals(cookie)) {
                requireOurPage(request, origins);
                return each.getValue();
            }
        }
        return null;
    }

    /** A cookie comes by itself, so it matters whose page asks. */
    static void requireOurPage(HttpServletRequest request, Origins origins) throws Refused {
        if (!origins.admit(request) || isEmbeddedElsewhere(request)) {
            throw new Refused(
                    ProblemCode.ORIGIN_NOT_ALLOWED,
                    "the cookie may be used by our own pages and by those in REALTIME_ALLOWED_ORIGINS");
        }
    }

    /** As a picture, a frame or the like: pages get those without an Origin, and cannot read what comes. */
    public static boolean isEmbeddedElsewhere(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        return request.getHeader("Origin") == null
                && ("cross-site".equals(site) || "same-site".equals(site))
                && !"document".equals(request.getHeader("Sec-Fetch-Dest"));
    }
}
