package dev.realtime.transport.postgres.internal.connect;

import dev.realtime.transport.settings.SettingsException;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a database URL says after the question mark, in the words of libpq, with those of JDBC taken for them. A
 * parameter is honoured by both drivers, or said to have no effect, or refused: one that is silently dropped may be
 * the one that asked for encryption. Not thread-safe: what has been taken is gone.
 */
final class UrlParameters {
    private static final Logger LOG = LoggerFactory.getLogger(UrlParameters.class);
    private static final int LONGEST_CONNECT_SECONDS = 60;
    /** libpq's word for the certificates that the platform trusts. */
    private static final String PLATFORM = "system";

    private static final Set<String> HONOURED = Set.of(
            "user",
            "password",
            "host",
            "port",
            "dbname",
            "ssl",
            "sslmode",
            "sslrootcert",
            "channel_binding",
            "target_session_attrs",
            "connect_timeout");

    /** Words of JDBC for the same. */
    private static final Map<String, String> LIBPQ = Map.of(
            "ApplicationName", "application_name",
            "connectTimeout", "connect_timeout",
            "targetServerType", "target_session_attrs",
            "channelBinding", "channel_binding",
            "gssEncMode", "gssencmode",
            "sslNegotiation", "sslnegotiation",
            "loadBalanceHosts", "load_balance_hosts",
            "requireAuth", "require_auth");

    private final String key;
    private final boolean jdbc;
    private final Map<String, String> given;

    private UrlParameters(String key, boolean jdbc, Map<String, String> given) {
        this.key = key;
        this.jdbc = jdbc;
        this.given = given;
    }

    static UrlParameters read(String key, @Nullable String query, boolean jdbc) {
        Map<String, String> given = new TreeMap<>();
        String[] pairs = query == null || query.isEmpty() ? new String[0] : query.split("&", -1);
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw new SettingsException(key, "a parameter is not of the form name=value");
            }
            String written = UrlSyntax.decoded(key, pair.substring(0, equals));
            String name = LIBPQ.getOrDefault(written, written);
            String value = UrlSyntax.decoded(key, pair.substring(equals + 1));
            if (HONOURED.contains(name)) {
                if (given.put(name, value) != null) {
                    throw new SettingsException(key, "the parameter '" + name + "' is there twice");
                }
            } else {
                OtherParameters.judge(key, name, value, shown(name, query));
                LOG.info("{}: the parameter '{}' has no effect on this transport", key, name);
            }
        }
        return new UrlParameters(key, jdbc, given);
    }

    /** With an @ in the query, what looks like a name may be the rest of a password with a question mark in it. */
    private static String shown(String name, @Nullable String query) {
        boolean plain = query != null && query.indexOf('@') < 0 && name.matches("[A-Za-z_]{1,40}");
        return plain ? "the parameter '" + name + "'" : "a parameter";
    }

    @Nullable
    String take(String name) {
        String value = given.remove(name);
        return value == null || value.isEmpty() ? null : value;
    }

    /** What is said in the URL proper or as this parameter, and not in both; null if in neither. */
    @Nullable
    String either(String name, @Nullable String inUrl) {
        String value = take(name);
        if (value != null && inUrl != null && !inUrl.isEmpty()) {
            throw new SettingsException(
                    key, "'" + name + "' is said before the question mark and again as a parameter");
        }
        return value != null || inUrl == null || inUrl.isEmpty() ? value : inUrl;
    }

    /** Whether a server that takes writes is asked for. Ours has to in any case. */
    boolean writable() {
        String target = take("target_session_attrs");
        if (target == null) {
            return false;
        }
        return switch (target) {
            case "any" -> false;
            case "read-write", "primary", "master" -> true;
            default ->
                throw new SettingsException(
                        key,
                        "target_session_attrs is any, primary or read-write: the transport writes, which a standby does"
                                + " not let it");
        };
    }

    @Nullable
    Duration connectTimeout() {
        String text = take("connect_timeout");
        if (text == null) {
            return null;
        }
        int seconds = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
        if (seconds < 1 || seconds > LONGEST_CONNECT_SECONDS) {
            throw new SettingsException(
                    key, "connect_timeout is a whole number of seconds from 1 to " + LONGEST_CONNECT_SECONDS);
        }
        return Duration.ofSeconds(seconds);
    }

    Encryption encryption() {
        String rootCert = take("sslrootcert");
        boolean platform = PLATFORM.equals(rootCert);
        SslMode asked = sslMode(take("sslmode"), take("ssl"), platform);
        SslMode mode = asked;
        if (rootCert != null) {
            if (!asked.isRequired() || (platform && asked != SslMode.VERIFY_FULL)) {
                throw new SettingsException(
                        key,
                        "sslrootcert asks to know the server, and sslmode=" + asked.text() + " does not; say "
                                + (platform ? "verify-full" : "verify-full or verify-ca"));
            }
            // As libpq does: who names a root wants it checked.
            mode = asked == SslMode.REQUIRE ? SslMode.VERIFY_CA : asked;
        }
        return new Encryption(mode, platform || rootCert == null ? null : readable(rootCert), channelBinding(mode));
    }

    private SslMode sslMode(@Nullable String mode, @Nullable String ssl, boolean platform) {
        SslMode said = null;
        for (SslMode each : SslMode.values()) {
            said = each.text().equals(mode) ? each : said;
        }
        if (mode != null && said == null) {
            throw new SettingsException(
                    key, "sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full");
        }
        if (ssl != null && (!ssl.equals("true") || (said != null && !said.isRequired()))) {
            throw new SettingsException(key, "ssl is true or left out, and sslmode says the same");
        }
        if (said != null) {
            return said;
        }
        // As each of the two forms means it.
        SslMode secure = jdbc ? SslMode.VERIFY_FULL : SslMode.REQUIRE;
        return platform ? SslMode.VERIFY_FULL : ssl != null ? secure : SslMode.PREFER;
    }

    private String channelBinding(SslMode mode) {
        String binding = take("channel_binding");
        if (binding == null) {
            return "prefer";
        }
        if (!Set.of("disable", "prefer", "require").contains(binding)) {
            throw new SettingsException(key, "channel_binding is not one of disable, prefer, require");
        }
        if (binding.equals("require") && mode != SslMode.VERIFY_FULL) {
            throw new SettingsException(
                    key,
                    "channel_binding=require needs sslmode=verify-full: the driver that listens cannot bind, and then"
                            + " knows the server by its certificate instead");
        }
        return binding;
    }

    private String readable(String rootCert) {
        try {
            if (!Encryption.certificates(rootCert).isEmpty()) {
                return rootCert;
            }
        } catch (IOException | CertificateException e) {
            // said below
        }
        throw new SettingsException(key, "sslrootcert is not a file of certificates that can be read here");
    }
}
