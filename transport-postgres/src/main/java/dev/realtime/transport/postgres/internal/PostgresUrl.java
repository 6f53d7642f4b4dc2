package dev.realtime.transport.postgres.internal;

import dev.realtime.transport.SettingsException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is: {@code postgres://user:password@host:port/db?sslmode=…} as libpq writes it, or
 * {@code jdbc:postgresql:} with {@code user} and {@code password} as parameters. What is not understood is refused:
 * a parameter that is silently dropped may be the one that asked for encryption. Immutable.
 *
 * @param host a name or address; IPv6 without brackets
 * @param sslMode as libpq knows it: disable, allow, prefer, require, verify-ca or verify-full
 * @param sslRootCert a file of trusted certificates, or null for the platform's
 */
record PostgresUrl(
        String host,
        int port,
        String database,
        String user,
        @Nullable String password,
        SslMode sslMode,
        @Nullable String sslRootCert) {
    /** How much encryption is asked for. */
    enum SslMode {
        DISABLE,
        ALLOW,
        PREFER,
        REQUIRE,
        VERIFY_CA,
        VERIFY_FULL;

        /** Whether a connection without encryption is refused. */
        boolean isRequired() {
            return compareTo(REQUIRE) >= 0;
        }

        /** As libpq and both drivers write it. */
        String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** User and password, host, port. Hosts may have an underscore, as those of container networks do. */
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:([^@]*)@)?(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?");

    private static final int DEFAULT_PORT = 5432;
    private static final String FORM = "it is postgres://user:password@host:port/database?sslmode=…";

    static PostgresUrl parse(String key, String text) {
        String url = text.startsWith("jdbc:") ? text.substring("jdbc:".length()) : text;
        try {
            URI uri = new URI(url);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme();
            if (!scheme.equals("postgres") && !scheme.equals("postgresql")) {
                throw refused(key, "the scheme is '" + scheme + "'; " + FORM);
            }
            Matcher authority = AUTHORITY.matcher(uri.getRawAuthority() == null ? "" : uri.getRawAuthority());
            if (!authority.matches() || uri.getRawFragment() != null) {
                throw refused(
                        key,
                        "there is no single host in it, or a special character in user or password that is not"
                                + " escaped as %XX; " + FORM);
            }
            return parse(key, uri, authority, parameters(key, uri.getRawQuery()));
        } catch (URISyntaxException e) {
            // Not the exception's own text: it repeats the input, and with it the password.
            throw refused(
                    key,
                    "is not a URL (at character " + e.getIndex() + "; escape special characters in user and"
                            + " password as %XX); " + FORM);
        }
    }

    /** For the driver of {@code org.postgresql}: neither user nor password are in it. */
    String jdbc() {
        return "jdbc:postgresql://" + hostInUrl() + ":" + port + "/" + encoded(database);
    }

    /** For pgjdbc-ng: neither user nor password are in it. */
    String jdbcNg() {
        return "jdbc:pgsql://" + hostInUrl() + ":" + port + "/" + encoded(database);
    }

    /** What {@code org.postgresql} needs beside the URL. */
    Properties jdbcProperties() {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("sslmode", sslMode.text());
        if (sslRootCert != null) {
            properties.setProperty("sslrootcert", sslRootCert);
        } else if (sslMode == SslMode.VERIFY_CA || sslMode == SslMode.VERIFY_FULL) {
            properties.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
        }
        return properties;
    }

    /**
     * What pgjdbc-ng needs beside the URL. It ignores {@code sslmode}: its own keys are others.
     *
     * @param speaksTls whether the server does; if not, encryption that may be left out is not asked for
     */
    Properties ngProperties(boolean speaksTls) {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("ssl.mode", (speaksTls || sslMode.isRequired() ? sslMode : SslMode.DISABLE).text());
        if (sslRootCert != null) {
            properties.setProperty("ssl.ca.certificate.file", sslRootCert);
        }
        return properties;
    }

    /** Where it is, for people: no user, no password. */
    String place() {
        return hostInUrl() + ":" + port + "/" + database;
    }

    @Override
    public String toString() {
        return "postgres://" + place();
    }

    private static PostgresUrl parse(String key, URI uri, Matcher authority, Map<String, String> parameters) {
        String userInfo = authority.group(1) == null ? "" : authority.group(1);
        int colon = userInfo.indexOf(':');
        String user = decoded(key, colon < 0 ? userInfo : userInfo.substring(0, colon));
        String password = colon < 0 ? null : decoded(key, userInfo.substring(colon + 1));
        user = user.isEmpty() ? parameters.remove("user") : user;
        password = password == null ? parameters.remove("password") : password;
        if (user == null || user.isEmpty()) {
            throw refused(key, "there is no user in it; " + FORM);
        }
        SslMode mode = sslMode(key, parameters.remove("sslmode"));
        String rootCert = parameters.remove("sslrootcert");
        if (!parameters.isEmpty()) {
            throw refused(
                    key,
                    "the parameter '" + parameters.keySet().iterator().next()
                            + "' is not understood; sslmode, sslrootcert, user and password are");
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        String database = path.length() > 1 ? decoded(key, path.substring(1)) : user;
        String host = authority.group(2).replaceAll("[\\[\\]]", "");
        int port = authority.group(3) == null ? DEFAULT_PORT : Integer.parseInt(authority.group(3));
        if (port < 1 || port > 65_535) {
            throw refused(key, "the port is not from 1 to 65535; " + FORM);
        }
        return new PostgresUrl(host, port, database, user, password, mode, rootCert);
    }

    private static SslMode sslMode(String key, @Nullable String text) {
        if (text == null) {
            return SslMode.PREFER;
        }
        for (SslMode mode : SslMode.values()) {
            if (mode.text().equals(text)) {
                return mode;
            }
        }
        throw refused(key, "sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full");
    }

    private static Map<String, String> parameters(String key, @Nullable String query) {
        Map<String, String> parameters = new TreeMap<>();
        if (query == null || query.isEmpty()) {
            return parameters;
        }
        for (String pair : query.split("&")) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw refused(key, "a parameter is not of the form name=value");
            }
            String name = decoded(key, pair.substring(0, equals));
            if (parameters.put(name, decoded(key, pair.substring(equals + 1))) != null) {
                throw refused(key, "a parameter is there twice");
            }
        }
        return parameters;
    }

    private static String decoded(String key, String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw refused(key, "a % in it is not followed by two hexadecimal digits");
        }
    }

    private static String encoded(String text) {
        return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private String hostInUrl() {
        return host.contains(":") ? "[" + host + "]" : host;
    }

    private static SettingsException refused(String key, String problem) {
        return new SettingsException(key, problem);
    }
}
