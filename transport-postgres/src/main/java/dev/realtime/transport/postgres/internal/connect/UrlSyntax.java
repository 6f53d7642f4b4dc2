package dev.realtime.transport.postgres.internal.connect;

import dev.realtime.transport.settings.SettingsException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code postgres://user:password@host:port,host:port/db?sslmode=…} as libpq writes it, or the same as
 * {@code jdbc:postgresql:} with {@code user} and {@code password} as parameters. What is not understood is refused. No
 * error repeats anything that may be a part of the password. Stateless.
 */
final class UrlSyntax {
    /** Scheme, authority, path, query. What is not printed, and '#', has to be escaped. */
    private static final Pattern URL =
            Pattern.compile("(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?(/[^?#]*)?(?:\\?([^#]*))?");

    private static final Pattern UNPRINTED = Pattern.compile("[\\s\\p{Cntrl}]");
    /** A host may have an underscore, as those of container networks do. */
    private static final Pattern SERVER = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?");

    private static final int DEFAULT_PORT = 5432;
    private static final int MOST_SERVERS = 16;
    private static final int LONGEST_NAME = 63;
    static final String FORM = "it is postgres://user:password@host:port/database?sslmode=…";

    private UrlSyntax() {}

    static PostgresUrl read(String key, String text) {
        boolean jdbc = text.startsWith("jdbc:");
        Matcher url = URL.matcher(jdbc ? text.substring("jdbc:".length()) : text);
        if (UNPRINTED.matcher(text).find() || !url.matches()) {
            throw new SettingsException(key, "is not a URL; space, # and the like have to be escaped as %XX; " + FORM);
        }
        String scheme = url.group(1) == null ? "" : url.group(1);
        if (!scheme.equals("postgres") && !scheme.equals("postgresql")) {
            throw new SettingsException(key, "the scheme is not postgres or postgresql; " + FORM);
        }
        UrlParameters parameters = UrlParameters.read(key, url.group(4), jdbc);
        String authority = url.group(2) == null ? "" : url.group(2);
        int at = authority.lastIndexOf('@');
        String userInfo = authority.substring(0, Math.max(at, 0));
        if (userInfo.contains("@")) {
            throw new SettingsException(key, "an @ in user or password has to be escaped as %40; " + FORM);
        }
        List<ServerAddress> servers = servers(key, authority.substring(at + 1), parameters);
        int colon = userInfo.indexOf(':');
        String user = parameters.either("user", decoded(key, colon < 0 ? userInfo : userInfo.substring(0, colon)));
        String password = parameters.either("password", colon < 0 ? null : decoded(key, userInfo.substring(colon + 1)));
        if (user == null) {
            throw new SettingsException(key, "there is no user in it; " + FORM);
        }
        String path = url.group(3) == null ? "" : decoded(key, url.group(3).substring(1));
        String database = parameters.either("dbname", path);
        boolean writable = parameters.writable() || servers.size() > 1;
        return new PostgresUrl(
                servers,
                named(key, "database", database == null ? user : database),
                named(key, "user", user),
                password,
                parameters.encryption(),
                writable,
                parameters.connectTimeout());
    }

    private static List<ServerAddress> servers(String key, String authority, UrlParameters parameters) {
        String hosts = parameters.either("host", authority);
        String ports = parameters.take("port");
        if (hosts == null) {
            throw new SettingsException(key, "there is no host in it: the transport needs TCP; " + FORM);
        }
        if (hosts.startsWith("/") || hosts.toUpperCase(Locale.ROOT).startsWith("%2F")) {
            throw new SettingsException(key, "the host is a Unix socket: the transport needs TCP; " + FORM);
        }
        String[] each = hosts.split(",", -1);
        String[] port = ports == null ? new String[0] : ports.split(",", -1);
        if (each.length > MOST_SERVERS || (port.length > 1 && port.length != each.length)) {
            throw new SettingsException(
                    key, "there are 1 to 16 hosts, and one port or as many ports as hosts; " + FORM);
        }
        List<ServerAddress> servers = new ArrayList<>();
        for (int i = 0; i < each.length; i++) {
            servers.add(server(key, port.length == 0 ? each[i] : each[i] + ":" + port[Math.min(i, port.length - 1)]));
        }
        return servers.stream().distinct().toList();
    }

    private static ServerAddress server(String key, String text) {
        Matcher server = SERVER.matcher(text);
        if (!server.matches()) {
            throw new SettingsException(
                    key,
                    "there is no host, or one that is none, or a special character in user or password that is not"
                            + " escaped as %XX; " + FORM);
        }
        int port = server.group(2) == null ? DEFAULT_PORT : Integer.parseInt(server.group(2));
        if (port < 1 || port > 65_535) {
            throw new SettingsException(key, "the port is not from 1 to 65535; " + FORM);
        }
        return new ServerAddress(server.group(1).replaceAll("[\\[\\]]", ""), port);
    }

    private static String named(String key, String what, String name) {
        if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            throw new SettingsException(key, "the " + what + "'s name is longer than " + LONGEST_NAME + " bytes");
        }
        return name;
    }

    static String decoded(String key, @Nullable String text) {
        String decoded;
        try {
            decoded = text == null ? "" : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new SettingsException(key, "a '%' is not followed by two hexadecimal digits; escape it as %25");
        }
        if (decoded.indexOf('\0') >= 0 || decoded.indexOf('\uFFFD') >= 0) {
            throw new SettingsException(key, "an escaped character is not one of UTF-8, or NUL");
        }
        return decoded;
    }
}
