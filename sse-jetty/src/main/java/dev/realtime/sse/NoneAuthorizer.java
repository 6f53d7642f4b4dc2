package dev.realtime.sse;

import dev.realtime.sse.internal.MediaType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Asks for no credential: everybody is the organisation {@value #ORGANISATION}, and an operator. Unless said aloud it
 * lets in only what cannot come through a proxy or from a web page elsewhere. Immutable.
 */
public final class NoneAuthorizer implements Authorizer {
    /** The one organisation there is. */
    public static final String ORGANISATION = "default";

    private static final Pattern LOOPBACK_HOST =
            Pattern.compile("(?i)(localhost|127(\\.[0-9]{1,3}){3}|\\[::1\\])(:[0-9]{1,5})?");
    private static final Caller ANYBODY = Caller.of(ORGANISATION).asOperator();

    private final boolean guarded;
    private final Origins origins;

    private NoneAuthorizer(boolean guarded, Origins origins) {
        this.guarded = guarded;
        this.origins = origins;
    }

    /** Somebody has chosen it: no further questions. */
    public static NoneAuthorizer saidAloud() {
        return new NoneAuthorizer(false, Origins.OWN);
    }

    /** The default on a loopback address. */
    public static NoneAuthorizer unsaid(Origins origins) {
        return new NoneAuthorizer(true, origins);
    }

    @Override
    public Caller authorize(HttpServletRequest request) throws Refused {
        if (guarded) {
            guard(request);
        }
        return ANYBODY;
    }

    private void guard(HttpServletRequest request) throws Refused {
        String host = request.getHeader("Host");
        String named = host != null ? host : request.getServerName();
        if (!LOOPBACK_HOST.matcher(named).matches()) {
            throw refused("the Host header is not a loopback address");
        }
        for (String header : Collections.list(request.getHeaderNames())) {
            String name = header.toLowerCase(Locale.ROOT);
            if (name.equals("forwarded") || name.startsWith("x-forwarded-") || name.equals("x-real-ip")) {
                throw refused("the request came through a proxy (" + name + ")");
            }
        }
        if (!origins.admit(request)) {
            throw refused("the Origin is another site's, and not in REALTIME_ALLOWED_ORIGINS");
        }
        if (request.getMethod().equals("POST") && !MediaType.isJson(request.getContentType())) {
            throw refused("the content type is not application/json");
        }
    }

    private static Refused refused(String why) {
        return new Refused(
                ProblemCode.AUTH_NOT_CONFIGURED,
                "REALTIME_AUTH is not set, so only direct requests from this machine are let in, and " + why
                        + "; set REALTIME_AUTH to jwt or none");
    }
}
