package dev.realtime.sse.gateway.auth;

import dev.realtime.sse.Authorizer;
import dev.realtime.sse.Caller;
import dev.realtime.sse.Origins;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.http.MediaType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Pattern;

/**
 * Asks for no credential: everybody is the organisation {@value #ORGANISATION}, and an operator. Immutable.
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

    /** Lets everything in that arrives. */
    public static NoneAuthorizer anywhere() {
        return new NoneAuthorizer(false, Origins.OWN);
    }

    /**
     * For a server on a loopback address: lets in what names that address as its host, and nothing that a web page
     * elsewhere has a browser send. It cannot tell a proxy on this machine from a client on it.
     *
     * @param origins whose pages are let in, beside our own
     */
    public static NoneAuthorizer loopbackOnly(Origins origins) {
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
        if (!origins.admit(request)) {
            throw refused("the Origin is another site's, and not in REALTIME_ALLOWED_ORIGINS");
        }
        String contentType = request.getContentType();
        if (request.getMethod().equals("POST") && contentType != null && !MediaType.isJson(contentType)) {
            throw new Refused(
                    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
                    "the content type must be " + MediaType.JSON + ": forms of web pages elsewhere can send others");
        }
    }

    private static Refused refused(String why) {
        return new Refused(
                ProblemCode.AUTH_NOT_CONFIGURED,
                "REALTIME_AUTH is none and HOST a loopback address, so only requests to this machine's loopback"
                        + " address are let in, and " + why + "; set REALTIME_AUTH to jwt, or HOST to another address");
    }
}
