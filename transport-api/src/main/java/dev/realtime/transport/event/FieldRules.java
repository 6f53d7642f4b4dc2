package dev.realtime.transport.event;

import java.util.Collection;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the names in an event may look like. All are ASCII without quotes, spaces or control characters, so they need
 * no escaping in JSON, SSE, SQL arrays or log lines. Stateless.
 */
public final class FieldRules {
    /** Longest organisation, topic, event type or event id, in characters. */
    public static final int MAX_NAME_LENGTH = 128;
    /** Longest user id, in characters: room for an e-mail address or an identity provider's subject. */
    public static final int MAX_USER_ID_LENGTH = 255;
    /** Largest audience of one event. */
    public static final int MAX_AUDIENCE = 1_000;
    /** Event types of this prefix belong to the protocol. */
    public static final String RESERVED_EVENT_PREFIX = "realtime.";
    /** The operators' own organisation. */
    public static final String OPERATORS = "_ops";
    /** What instances tell each other: nobody else publishes there, and no credential is of it. */
    public static final String INSTANCES = "_instances";

    private static final String NAME_RULE = "1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter, a digit or _";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._:-]{0,127}");
    private static final Pattern USER = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,255}");

    private FieldRules() {}

    static String name(String field, @Nullable String value) {
        if (value == null || !NAME.matcher(value).matches()) {
            throw new InvalidInputException(
                    "invalid_" + field, field, field + ": " + shown(value) + " is not allowed; it is " + NAME_RULE);
        }
        return value;
    }

    /** Checks an organisation's id and returns it. */
    public static String organisation(@Nullable String value) {
        return name("org_id", value);
    }

    /** The same for an organisation that credentials and publishers may have. */
    public static String organisationOfOthers(@Nullable String value) {
        String organisation = organisation(value);
        if (organisation.equals(INSTANCES)) {
            throw new InvalidInputException("invalid_org_id", "org_id", "org_id: '" + INSTANCES + "' is reserved");
        }
        return organisation;
    }

    /** Checks a key to be claimed and returns it. */
    public static String key(@Nullable String value) {
        return name("key", value);
    }

    static String eventType(@Nullable String value) {
        String name = name("event", value);
        if (name.startsWith(RESERVED_EVENT_PREFIX)) {
            throw new InvalidInputException(
                    "invalid_event", "event", "event: the prefix '" + RESERVED_EVENT_PREFIX + "' is reserved");
        }
        return name;
    }

    /** Checks a user's id and returns it. */
    public static String user(@Nullable String value) {
        if (value == null || !USER.matcher(value).matches()) {
            throw new InvalidInputException(
                    "invalid_user_ids",
                    "user_ids",
                    "user_ids: " + shown(value)
                            + " is not allowed; a user id is 1 to 255 visible ASCII characters except \" and \\");
        }
        return value;
    }

    static void audience(@Nullable Collection<String> users) {
        if (users == null) {
            return;
        }
        if (users.isEmpty() || users.size() > MAX_AUDIENCE) {
            throw new InvalidInputException(
                    "invalid_user_ids",
                    "user_ids",
                    "user_ids: " + users.size() + " users; leave it out for everybody, or name 1 to " + MAX_AUDIENCE);
        }
        users.forEach(FieldRules::user);
    }

    /** A value as it may stand in an error: quoted, shortened, control characters replaced. */
    public static String shown(@Nullable String value) {
        if (value == null) {
            return "null";
        }
        String cut = value.length() > 40 ? value.substring(0, 40) + "…(" + value.length() + " characters)" : value;
        return "'" + cut.replaceAll("\\p{Cc}", "?") + "'";
    }
}
