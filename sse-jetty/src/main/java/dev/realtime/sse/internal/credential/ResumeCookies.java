package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The cookies by which a browser comes back with a used ticket: an EventSource reconnects with the same URL. One for
 * each user, so that several in one browser don't overwrite each other's. Immutable.
 */
final class ResumeCookies {
    private static final String NAME = "realtime_resume_";
    private static final int NAME_BYTES = 8;

    private final PassText text;
    private final EndpointOptions options;

    ResumeCookies(PassText text, EndpointOptions options) {
        this.text = text;
        this.options = options;
    }

    /** The cookie that holds for the same user as the ticket. */
    Optional<Pass> of(HttpServletRequest request, Pass ticket) {
        String name = name(ticket.caller());
        Cookie[] cookies = request.getCookies();
        return Arrays.stream(cookies == null ? new Cookie[0] : cookies)
                .filter(cookie -> cookie.getName().equals(name))
                .flatMap(cookie -> text.read(cookie.getValue()).stream())
                .filter(pass -> pass.isOfSameUserAs(ticket))
                .filter(pass -> !pass.hasEndedAt(options.clock().instant()))
                .findFirst();
    }

    /** The header that sets one. It is sent to streams only, and not to scripts. */
    String setting(HttpServletRequest request, Caller caller) {
        Instant now = options.clock().instant();
        Instant end = now.plus(Tickets.RESUME_LIFE);
        if (caller.expiresAt() != null && caller.expiresAt().isBefore(end)) {
            end = caller.expiresAt();
        }
        boolean secure = options.proxies().cameByTls(request);
        boolean elsewhere = secure && options.origins().isListedElsewhere(request);
        return name(caller) + "=" + text.of(new Pass("resume", end, caller))
                + "; Path=" + options.proxies().pathPrefix(request).text() + request.getContextPath()
                + request.getServletPath()
                + maxAge(caller, now, end)
                + "; HttpOnly"
                + (secure ? "; Secure" : "")
                + "; SameSite=" + (elsewhere ? "None" : "Lax");
    }

    /** Where nobody has said when a credential ends, its session may at any time: the browser's is the most that is kept. */
    private static String maxAge(Caller caller, Instant now, Instant end) {
        return caller.expiresAt() == null
                ? ""
                : "; Max-Age=" + Math.max(0, Duration.between(now, end).toSeconds());
    }

    private static String name(Caller caller) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(PassText.user(caller).getBytes(StandardCharsets.UTF_8));
            return NAME + HexFormat.of().formatHex(hash, 0, NAME_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
