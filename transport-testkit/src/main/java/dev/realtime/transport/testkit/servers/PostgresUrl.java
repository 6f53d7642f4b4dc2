package dev.realtime.transport.testkit.servers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** {@code postgres://user:password@host:port/database?query}, taken apart. User and password are decoded. */
record PostgresUrl(
        String user,
        String password,
        String host,
        int port,
        String database,
        @Nullable String query) {
    private static final int DEFAULT_PORT = 5432;

    static PostgresUrl parse(String text) {
        URI uri = URI.create(text);
        boolean postgres = "postgres".equals(uri.getScheme()) || "postgresql".equals(uri.getScheme());
        if (!postgres || uri.getHost() == null) {
            throw new IllegalArgumentException("Not of the form postgres://user:password@host:port/database");
        }
        String userInfo = uri.getRawUserInfo() == null ? "postgres" : uri.getRawUserInfo();
        int colon = userInfo.indexOf(':');
        String user = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
        String password = colon < 0 ? "" : decode(userInfo.substring(colon + 1));
        int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
        String database = uri.getPath().length() > 1 ? uri.getPath().substring(1) : user;
        return new PostgresUrl(user, password, uri.getHost(), port, database, uri.getRawQuery());
    }

    PostgresUrl in(String otherDatabase) {
        return new PostgresUrl(user, password, host, port, otherDatabase, query);
    }

    Connection connect() throws SQLException {
        Properties credentials = new Properties();
        credentials.setProperty("user", user);
        credentials.setProperty("password", password);
        return DriverManager.getConnection("jdbc:postgresql://" + place(), credentials);
    }

    /** The whole of it, password included. */
    String text() {
        return "postgres://" + encode(user) + ":" + encode(password) + "@" + place();
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "postgres://" + place();
    }

    private String place() {
        return host + ":" + port + "/" + encode(database) + (query == null ? "" : "?" + query);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    }
}
