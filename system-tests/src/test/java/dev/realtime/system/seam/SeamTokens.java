package dev.realtime.system.seam;

import dev.realtime.system.equipment.Canary;
import dev.realtime.system.equipment.Tokens;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Credentials of a woven world, signed once where they can be. Immutable. */
record SeamTokens(Tokens signing, String ticketSecret, String acme, String beta, String operator) {
    static SeamTokens fresh() {
        Tokens tokens = new Tokens();
        return new SeamTokens(
                tokens, Canary.fresh("ticket-secret"), tokens.of("acme"), tokens.of("beta"), tokens.of("_ops"));
    }

    /** The environment of a gateway that takes them. */
    Map<String, String> settings(Map<String, String> ofStore) {
        Map<String, String> settings = new HashMap<>(ofStore);
        settings.put("PORT", "0");
        settings.put("REALTIME_AUTH", "jwt");
        settings.put("REALTIME_JWT_SECRET", signing.secret());
        settings.put("REALTIME_TICKET_SECRET", ticketSecret);
        return settings;
    }

    /** Of a user of acme whom nobody else is. */
    String of(String user) {
        return signing.of("acme", user, Duration.ofMinutes(1));
    }
}
