package dev.realtime.sse;

import dev.realtime.transport.FieldRules;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, as the credential says.
 *
 * @param orgId the organisation whose events it may hear and publish
 * @param userId the user; null hears only what is for everybody
 * @param operator whether it may see the gateway's own pages
 * @param expiresAt when its streams end; null for never
 * @param publishesAnywhere whether it may publish to other organisations, except the operators'
 */
public record Caller(
        String orgId,
        @Nullable String userId,
        boolean operator,
        @Nullable Instant expiresAt,
        boolean publishesAnywhere) {
    public Caller {
        FieldRules.organisation(orgId);
    }

    /** Whether it may publish there. */
    public boolean mayPublishTo(String organisation) {
        return organisation.equals(orgId) || (publishesAnywhere && !organisation.equals(FieldRules.OPERATORS));
    }
}
