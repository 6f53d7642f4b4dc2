package dev.realtime.sse.gateway;

import dev.realtime.sse.Authorizer;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.Origins;
import dev.realtime.sse.PathPrefix;
import dev.realtime.sse.Proxies;
import dev.realtime.sse.StreamLimits;
import dev.realtime.sse.TicketKey;
import dev.realtime.sse.gateway.auth.NoneAuthorizer;
import dev.realtime.sse.gateway.auth.StartKey;
import dev.realtime.sse.gateway.auth.StartKeyAuthorizer;
import dev.realtime.sse.gateway.port.CertificateFiles;
import dev.realtime.sse.gateway.port.FullHeap;
import dev.realtime.sse.gateway.port.Tls;
import dev.realtime.sse.jwt.JwtAuthorizer;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's part of the environment, checked. Immutable.
 *
 * @param host the address it listens on
 * @param port 0 for any
 * @param authorizer as {@code REALTIME_AUTH} says
 * @param origins as {@code REALTIME_ALLOWED_ORIGINS} says
 * @param startKey lets in where {@code REALTIME_AUTH} is not set; null where it is
 * @param maxPayloadBytes largest payload
 * @param bodyMemoryBytes what the bodies of all requests may take together; 0 where it was not said
 * @param heartbeat how long a stream is quiet before it is given a heartbeat
 * @param limits of streams
 * @param requestsPerSecond of one credential
 * @param proxies as {@code REALTIME_TRUSTED_PROXIES} and {@code REALTIME_PATH_PREFIX} say
 * @param ticketKey signs tickets; null where the instances have no secret in common
 * @param callerSalt what the instances have in common where they have no secret
 * @param stopDelay from not ready to closing, when the process is told to stop
 * @param tls what the port shows itself with; null where it speaks plainly
 */
record GatewaySettings(
        String host,
        int port,
        Authorizer authorizer,
        Origins origins,
        @Nullable StartKey startKey,
        int maxPayloadBytes,
        int bodyMemoryBytes,
        Duration heartbeat,
        StreamLimits limits,
        int requestsPerSecond,
        Proxies proxies,
        @Nullable TicketKey ticketKey,
        String callerSalt,
        Duration stopDelay,
        @Nullable Tls tls) {
    static final SettingKey PORT = SettingKey.plain("PORT");
    static final SettingKey HOST = SettingKey.plain("HOST");
    static final SettingKey AUTH = SettingKey.plain("REALTIME_AUTH");
    static final SettingKey JWT_SECRET = SettingKey.secret("REALTIME_JWT_SECRET");
    static final SettingKey TICKET_SECRET = SettingKey.secret("REALTIME_TICKET_SECRET");
    static final SettingKey JWKS_URL = SettingKey.secret("REALTIME_JWKS_URL");
    static final SettingKey JWT_ISSUER = SettingKey.plain("REALTIME_JWT_ISSUER");
    static final SettingKey JWT_AUDIENCE = SettingKey.plain("REALTIME_JWT_AUDIENCE");
    static final SettingKey ALLOWED_ORIGINS = SettingKey.plain("REALTIME_ALLOWED_ORIGINS");
    static final SettingKey BODIES_MAX_BYTES = SettingKey.plain("REALTIME_BODIES_MAX_BYTES");
    static final SettingKey HEARTBEAT = SettingKey.plain("REALTIME_HEARTBEAT_SECONDS");
    static final SettingKey MAX_STREAMS = SettingKey.plain("REALTIME_MAX_STREAMS");
    static final SettingKey MAX_STREAMS_PER_ORG = SettingKey.plain("REALTIME_MAX_STREAMS_PER_ORG");
    static final SettingKey MAX_STREAMS_PER_USER = SettingKey.plain("REALTIME_MAX_STREAMS_PER_USER");
    static final SettingKey MAX_STREAMS_PER_ADDRESS = SettingKey.plain("REALTIME_MAX_STREAMS_PER_ADDRESS");
    static final SettingKey MAX_REPLAYS = SettingKey.plain("REALTIME_MAX_REPLAYS");
    static final SettingKey MAX_REQUESTS = SettingKey.plain("REALTIME_MAX_REQUESTS_PER_SECOND");
    static final SettingKey STREAM_LIFETIME = SettingKey.plain("REALTIME_STREAM_LIFETIME_SECONDS");
    static final SettingKey TRUSTED_PROXIES = SettingKey.plain("REALTIME_TRUSTED_PROXIES");
    static final SettingKey STOP_DELAY = SettingKey.plain("REALTIME_STOP_DELAY_SECONDS");
    static final SettingKey PATH_PREFIX = SettingKey.plain("REALTIME_PATH_PREFIX");

    /** By name, without asking anybody. */
    private static final Pattern LOOPBACK =
            Pattern.compile("(?i)localhost|127(\\.[0-9]{1,3}){3}|\\[(::1|0:0:0:0:0:0:0:1)\\]");

    private static final String JWT = "jwt";
    private static final String ONE_PROCESS = "memory";
    private static final int MOST_STREAMS = 1_000_000;
    private static final int MOST_REQUESTS = 10_000_000;
    private static final Set<SettingKey> ALL = Set.of(
            PORT,
            HOST,
            AUTH,
            JWT_SECRET,
            TICKET_SECRET,
            JWKS_URL,
            JWT_ISSUER,
            JWT_AUDIENCE,
            ALLOWED_ORIGINS,
            BODIES_MAX_BYTES,
            HEARTBEAT,
            MAX_STREAMS,
            MAX_STREAMS_PER_ORG,
            MAX_STREAMS_PER_USER,
            MAX_STREAMS_PER_ADDRESS,
            MAX_REPLAYS,
            MAX_REQUESTS,
            STREAM_LIFETIME,
            TRUSTED_PROXIES,
            FullHeap.ON_OUT_OF_MEMORY,
            PATH_PREFIX,
            STOP_DELAY,
            CertificateFiles.CERTIFICATE,
            CertificateFiles.KEY);

    /** Reads and checks all of them. */
    static GatewaySettings from(Settings settings) {
        requireKnown(settings);
        String host = settings.get(HOST, "127.0.0.1");
        Proxies proxies = proxies(settings);
        Origins origins = origins(settings).behind(proxies);
        boolean loopback = isLoopback(settings, host);
        StartKey startKey = settings.get(AUTH) == null ? startKey(settings, loopback) : null;
        return new GatewaySettings(
                host,
                settings.integer(PORT, 8080, 0, 65_535),
                startKey == null ? authorizer(settings, loopback, origins) : new StartKeyAuthorizer(startKey, origins),
                origins,
                startKey,
                settings.maxPayloadBytes(),
                bodyMemoryBytes(settings),
                heartbeat(settings),
                limits(settings),
                settings.integer(MAX_REQUESTS, EndpointOptions.DEFAULTS.requestsPerSecond(), 1, MOST_REQUESTS),
                proxies,
                ticketKey(settings),
                callerSalt(settings),
                Duration.ofSeconds(settings.integer(STOP_DELAY, 5, 0, 600)),
                Tls.from(settings));
    }

    /** The memory transport is always one process: there a key that nobody else knows will do. */
    private static @Nullable TicketKey ticketKey(Settings settings) {
        if (settings.get(TICKET_SECRET) != null) {
            return TicketKey.of(secret(settings, TICKET_SECRET));
        }
        if (JWT.equals(settings.get(AUTH)) && settings.get(JWT_SECRET) != null) {
            return TicketKey.of(secret(settings, JWT_SECRET));
        }
        return settings.transport().equals(ONE_PROCESS) ? TicketKey.random() : null;
    }

    private static String callerSalt(Settings settings) {
        return Stream.of(JWKS_URL, JWT_ISSUER, JWT_AUDIENCE)
                .map(key -> settings.get(key, ""))
                .collect(Collectors.joining("\n"));
    }

    private static int bodyMemoryBytes(Settings settings) {
        int least = (int) EndpointOptions.leastBodyMemoryBytes(settings.maxPayloadBytes());
        return settings.integer(BODIES_MAX_BYTES, 0, least, Integer.MAX_VALUE);
    }

    private static Duration heartbeat(Settings settings) {
        int unset = (int) EndpointOptions.DEFAULTS.heartbeat().toSeconds();
        return Duration.ofSeconds(
                settings.integer(HEARTBEAT, unset, 1, (int) EndpointOptions.LONGEST_HEARTBEAT.toSeconds()));
    }

    private static StreamLimits limits(Settings settings) {
        StreamLimits unset = StreamLimits.DEFAULTS;
        return new StreamLimits(
                settings.integer(MAX_STREAMS, unset.process(), 1, MOST_STREAMS),
                settings.integer(MAX_STREAMS_PER_ORG, unset.organisation(), 1, MOST_STREAMS),
                settings.integer(MAX_STREAMS_PER_USER, unset.user(), 1, MOST_STREAMS),
                settings.integer(MAX_STREAMS_PER_ADDRESS, unset.address(), 1, MOST_STREAMS),
                settings.integer(MAX_REPLAYS, unset.replays(), 1, MOST_STREAMS),
                Duration.ofSeconds(
                        settings.integer(STREAM_LIFETIME, (int) unset.lifetime().toSeconds(), 10, 604_800)));
    }

    private static Proxies proxies(Settings settings) {
        Proxies trusted = trustedProxies(settings);
        String prefix = settings.get(PATH_PREFIX);
        try {
            return prefix == null ? trusted : trusted.taking(PathPrefix.of(prefix));
        } catch (IllegalArgumentException e) {
            throw settings.refused(PATH_PREFIX, String.valueOf(e.getMessage()));
        }
    }

    private static Proxies trustedProxies(Settings settings) {
        String listed = settings.get(TRUSTED_PROXIES);
        if (listed == null) {
            return Proxies.NONE;
        }
        try {
            return Proxies.of(
                    Arrays.stream(listed.split(",", -1)).map(String::strip).toList());
        } catch (IllegalArgumentException e) {
            throw settings.refused(TRUSTED_PROXIES, e.getMessage() + ", several with commas between");
        }
    }

    /** Refuses every key that neither the gateway nor a transport reads. */
    static void requireKnown(Settings settings) {
        Set<SettingKey> known = new HashSet<>(PubSub.knownSettings(settings));
        known.addAll(ALL);
        settings.requireKnown(known);
    }

    private static Authorizer authorizer(Settings settings, boolean loopback, Origins origins) {
        return switch (settings.get(AUTH, "")) {
            case "none" -> loopback ? NoneAuthorizer.loopbackOnly(origins) : NoneAuthorizer.anywhere();
            case JWT -> jwt(settings, origins);
            default -> throw settings.refused(AUTH, "it is jwt or none");
        };
    }

    /** No header tells a proxy in front, which lets in the world, from a browser on this machine. */
    private static StartKey startKey(Settings settings, boolean loopback) {
        for (SettingKey key : new SettingKey[] {JWT_SECRET, JWKS_URL, JWT_ISSUER, JWT_AUDIENCE}) {
            if (settings.get(key) != null) {
                throw settings.refused(AUTH, key.name() + " is set, so say jwt or none");
            }
        }
        if (!loopback) {
            throw settings.refused(AUTH, "HOST is not a loopback address, so say jwt or none");
        }
        return StartKey.fresh();
    }

    private static Authorizer jwt(Settings settings, Origins origins) {
        boolean keySet = settings.get(JWKS_URL) != null;
        if (keySet && settings.get(JWT_SECRET) != null) {
            throw new SettingsException(
                    JWKS_URL.name(),
                    "is set, and so is " + JWT_SECRET.name() + "; tokens have keys of one kind: set one");
        }
        JwtAuthorizer.Expected expected =
                new JwtAuthorizer.Expected(settings.get(JWT_ISSUER), settings.get(JWT_AUDIENCE));
        return keySet
                ? JwtAuthorizer.withKeySet(keySetUrl(settings), expected, origins, Clock.systemUTC())
                : new JwtAuthorizer(secret(settings, JWT_SECRET), expected, origins, Clock.systemUTC());
    }

    private static byte[] secret(Settings settings, SettingKey key) {
        byte[] secret = settings.require(key, "REALTIME_AUTH=jwt needs it, or " + JWKS_URL.name())
                .getBytes(StandardCharsets.UTF_8);
        if (secret.length < JwtAuthorizer.MIN_SECRET_BYTES) {
            throw settings.refused(key, "it has at least " + JwtAuthorizer.MIN_SECRET_BYTES + " bytes");
        }
        return secret;
    }

    /** Whoever could change the keys on their way could sign tokens: over plain HTTP they do not leave this machine. */
    private static URI keySetUrl(Settings settings) {
        URI url;
        try {
            url = new URI(settings.require(JWKS_URL, "")).parseServerAuthority();
        } catch (URISyntaxException e) {
            throw settings.refused(JWKS_URL, "it is a URL, https://host/path");
        }
        if (url.getHost() == null || url.getRawFragment() != null) {
            throw settings.refused(JWKS_URL, "it is https://host/path");
        }
        if (url.getRawUserInfo() != null) {
            throw settings.refused(JWKS_URL, "it has no user or password in it: a key set is public");
        }
        boolean secure = "https".equalsIgnoreCase(url.getScheme());
        if (!secure
                && !("http".equalsIgnoreCase(url.getScheme())
                        && LOOPBACK.matcher(url.getHost()).matches())) {
            throw settings.refused(JWKS_URL, "it begins with https://, or with http:// on a loopback address");
        }
        return url;
    }

    private static Origins origins(Settings settings) {
        String listed = settings.get(ALLOWED_ORIGINS);
        if (listed == null) {
            return Origins.OWN;
        }
        try {
            return Origins.of(
                    Arrays.stream(listed.split(",")).map(String::strip).collect(Collectors.toSet()));
        } catch (IllegalArgumentException e) {
            throw settings.refused(ALLOWED_ORIGINS, e.getMessage() + ", several with commas between");
        }
    }

    private static boolean isLoopback(Settings settings, String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw settings.refused(HOST, "it is an address or name of this machine");
        }
    }
}
