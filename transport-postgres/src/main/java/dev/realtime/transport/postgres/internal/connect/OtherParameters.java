package dev.realtime.transport.postgres.internal.connect;

import dev.realtime.transport.settings.SettingsException;
import java.util.Map;
import java.util.Set;

/**
 * The parameters of database URLs that this transport does not use: those that change nothing here pass, the others
 * are refused with a reason, because their author would be deceived. Stateless.
 */
final class OtherParameters {
    /** What the transport decides by itself, and what only other clients read. */
    private static final Set<String> HARMLESS = Set.of(
            "application_name",
            "fallback_application_name",
            "assumeMinServerVersion",
            "connection_limit",
            "currentSchema",
            "keepalives",
            "keepalives_count",
            "keepalives_idle",
            "keepalives_interval",
            "loginTimeout",
            "pgbouncer",
            "pool_timeout",
            "prepareThreshold",
            "preparedStatementCacheQueries",
            "reWriteBatchedInserts",
            "schema",
            "socketTimeout",
            "sslsni",
            "statement_cache_size",
            "tcpKeepAlive",
            "tcp_user_timeout");

    /** Harmless as long as they say one of these. */
    private static final Map<String, Set<String>> HARMLESS_VALUES = Map.of(
            "client_encoding", Set.of("UTF8", "utf8", "UTF-8", "utf-8", "auto"),
            "gssencmode", Set.of("disable", "prefer", "allow"),
            "load_balance_hosts", Set.of("disable", "false"),
            "sslcompression", Set.of("0"),
            "sslnegotiation", Set.of("postgres"),
            "ssl_min_protocol_version", Set.of("TLSv1", "TLSv1.1", "TLSv1.2"));

    private static final String TRUST = "who is trusted is said by sslmode and sslrootcert";
    private static final String CLIENT_CERTIFICATE = "client certificates are not supported: log in with a password";

    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("hostaddr", "name the server as the host"),
            Map.entry("krbsrvname", "Kerberos is not supported: log in with a password"),
            Map.entry("gsslib", "Kerberos is not supported: log in with a password"),
            Map.entry("options", "only one of the two drivers can pass it on; alter role … set … does the same"),
            Map.entry("passfile", "the password stands in the URL"),
            Map.entry("replication", "the transport needs ordinary connections"),
            Map.entry("require_auth", "the driver that listens cannot keep it; sslmode=verify-full knows the server"),
            Map.entry("requirepeer", "the transport needs TCP"),
            Map.entry("service", "the URL has to say everything itself"),
            Map.entry("servicefile", "the URL has to say everything itself"),
            Map.entry("sslcert", CLIENT_CERTIFICATE),
            Map.entry("sslcertmode", CLIENT_CERTIFICATE),
            Map.entry("sslkey", CLIENT_CERTIFICATE),
            Map.entry("sslpassword", CLIENT_CERTIFICATE),
            Map.entry("sslcrl", "lists of revoked certificates are not read"),
            Map.entry("sslcrldir", "lists of revoked certificates are not read"),
            Map.entry("sslfactory", TRUST),
            Map.entry("sslhostnameverifier", TRUST));

    private OtherParameters() {}

    /** Returns if it has no effect; throws, calling it as shown, if it should have one. */
    static void judge(String key, String name, String value, String shown) {
        Set<String> harmless = HARMLESS_VALUES.get(name);
        if (HARMLESS.contains(name) || (harmless != null && harmless.contains(value))) {
            return;
        }
        String reason = REASONS.get(name);
        if (harmless != null) {
            reason = "only " + String.join(", ", harmless.stream().sorted().toList()) + " can be kept here";
        }
        throw new SettingsException(
                key,
                shown + " is not supported"
                        + (reason == null
                                ? "; sslmode, sslrootcert, target_session_attrs, connect_timeout, user and password are"
                                : ": " + reason));
    }
}
