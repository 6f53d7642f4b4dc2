package dev.realtime.transport.postgres.internal.connect;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is and how to get in, as {@link UrlSyntax} reads it. Immutable. No text that it makes has the
 * password.
 *
 * @param servers one or more; of several the one is meant that takes writes
 * @param writable whether a server that does not take writes is passed over: asked for, or several servers
 * @param connectTimeout how long connecting to one server may take, or null for our own bounds
 */
public record PostgresUrl(
        List<ServerAddress> servers,
        String database,
        String user,
        @Nullable String password,
        Encryption encryption,
        boolean writable,
        @Nullable Duration connectTimeout) {
    public static PostgresUrl parse(String key, String text) {
        return UrlSyntax.read(key, text);
    }

    /** For the driver of {@code org.postgresql}: neither user nor password are in it. */
    String jdbc(ServerAddress server) {
        return "jdbc:postgresql://" + server + "/" + databaseInUrl();
    }

    /** For pgjdbc-ng: neither user nor password are in it. */
    public String jdbcNg(ServerAddress server) {
        return "jdbc:pgsql://" + server + "/" + databaseInUrl();
    }

    /** What {@code org.postgresql} needs beside the URL. */
    public Properties jdbcProperties() {
        Properties properties = credentials();
        encryption.tellJdbc(properties);
        return properties;
    }

    /** User and password, in the words of both drivers. */
    public Properties credentials() {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (password != null) {
            properties.setProperty("password", password);
        }
        return properties;
    }

    /** Where it is, for people: no user, no password. */
    public String place() {
        return servers.stream().map(ServerAddress::toString).collect(Collectors.joining(",")) + "/" + database;
    }

    @Override
    public String toString() {
        return "postgres://" + place();
    }

    private String databaseInUrl() {
        return URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
