package dev.realtime.sse.gateway.auth;

import dev.realtime.sse.Authorizer;
import dev.realtime.sse.Caller;
import dev.realtime.sse.Origins;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.credential.SentToken;
import jakarta.servlet.http.HttpServletRequest;

/**
 * Lets in who has the key of this start, in a header or in the page's cookie: as the one organisation that there is
 * without authentication, and as an operator. Immutable.
 */
public final class StartKeyAuthorizer implements Authorizer {
    private static final Caller HOLDER = Caller.of(NoneAuthorizer.ORGANISATION).asOperator();

    private final StartKey key;
    private final Origins origins;

    /** @param origins whose pages may use the cookie, beside our own */
    public StartKeyAuthorizer(StartKey key, Origins origins) {
        this.key = key;
        this.origins = origins;
    }

    @Override
    public Caller authorize(HttpServletRequest request) throws Refused {
        key.require(SentToken.of(request, StartKey.cookieName(request), origins));
        return HOLDER;
    }
}
