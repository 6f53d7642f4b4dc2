package dev.realtime.transport.redis.internal.connect;

import dev.realtime.transport.settings.SettingsException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which Redis, and as whom.
 *
 * @param tls whether the connection is encrypted and the server's certificate checked
 * @param user null for the default user
 * @param password null for none; never in any text
 */
public record RedisAddress(
        boolean tls, @Nullable String user, @Nullable String password, String host, int port, int database) {
    public static final String DEFAULT_URL = "redis://127.0.0.1:6379";

    private static final String URL_KEY = "REDIS_URL";
    private static final String TOKEN_KEY = "REDIS_TOKEN";
    private static final String RULE = "is not of the form redis[s]://[[user]:password@]host[:port][/database];"
            + " in user and password everything but letters, digits and -._~!$&'()*+,;= is percent-encoded";

    private static final String SECRET = "(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*";
    private static final Pattern FORM = Pattern.compile("(redis|rediss)://"
            + "(?:(?<user>" + SECRET + ")(?::(?<password>" + SECRET + "))?@)?"
            + "(?<host>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\\[[0-9A-Fa-f:.]{2,45}])"
            + "(?::(?<port>[0-9]{1,5}))?"
            + "(?:/(?<database>[0-9]{0,5}))?");

    /**
     * Reads a URL strictly.
     *
     * @param token the password, if it is not in the URL
     * @throws SettingsException that names the key and the rule, and shows nothing of the value
     */
    public static RedisAddress parse(String url, @Nullable String token) {
        Matcher form = FORM.matcher(url);
        if (!form.matches()) {
            throw new SettingsException(URL_KEY, RULE);
        }
        String user = decoded(form.group("user"));
        String password = decoded(form.group("password"));
        if (password != null && token != null && !password.equals(token)) {
            throw new SettingsException(TOKEN_KEY, "is not the password in " + URL_KEY + "; set one of them");
        }
        password = password == null ? token : password;
        if (user != null && password == null) {
            throw new SettingsException(
                    URL_KEY, "has a user but no password; a password alone is written :password@, or set " + TOKEN_KEY);
        }
        String host = form.group("host");
        return new RedisAddress(
                url.startsWith("rediss:"),
                user,
                password,
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                number(form.group("port"), 6379, 1, 65_535, "the port"),
                number(form.group("database"), 0, 0, 65_535, "the database number"));
    }

    /** For people and logs. */
    public String hostAndPort() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** The URL with the password masked. */
    @Override
    public String toString() {
        String who = password == null ? "" : (user == null ? "" : user) + ":***@";
        return (tls ? "rediss://" : "redis://") + who + hostAndPort() + "/" + database;
    }

    /** Null if absent or empty. */
    private static @Nullable String decoded(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes.put((byte) (c == '%' ? Integer.parseInt(text, i + 1, i + 3, 16) : c));
            i += c == '%' ? 2 : 0;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw new SettingsException(URL_KEY, "has a percent-encoding in user or password that is not UTF-8");
        }
    }

    private static int number(@Nullable String digits, int whenAbsent, int least, int most, String what) {
        if (digits == null || digits.isEmpty()) {
            return whenAbsent;
        }
        int number = Integer.parseInt(digits);
        if (number < least || number > most) {
            throw new SettingsException(URL_KEY, what + " is out of range; it is " + least + " to " + most);
        }
        return number;
    }
}
