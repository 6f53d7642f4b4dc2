package dev.realtime.transport.postgres.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import dev.realtime.transport.spi.AdapterContext;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every setting that this transport reads: what is out of range is a start error with key, value and range. */
class PostgresSettingsTest {
    private static final String URL = "postgres://ann:hidden-word@127.0.0.1:1/shop";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "REALTIME_SCHEMA | x\"; DROP SCHEMA rt | 'x\"; DROP SCHEMA rt' | 1 to 40 of a-z 0-9 _",
                "REALTIME_SCHEMA | RT | 'RT' | 1 to 40 of a-z 0-9 _",
                "REALTIME_SCHEMA | 1rt | '1rt' | not beginning with a digit or pg_",
                "REALTIME_SCHEMA | pg_rt | 'pg_rt' | not beginning with a digit or pg_",
                "REALTIME_SCHEMA | my schema | 'my schema' | 1 to 40 of a-z 0-9 _",
                "REALTIME_SCHEMA | r\u00fct | 'r\u00fct' | 1 to 40 of a-z 0-9 _",
                "REALTIME_SCHEMA | a123456789b123456789c123456789d123456789e | (41 characters)' | 1 to 40",
                "REALTIME_SCHEMA | a123456789b123456789c123456789d123456789e123456789f123456789g123 | 'a123 | 1 to 40",
                "REALTIME_KEY_PREFIX | x\"; NOTIFY | 'x\"; NOTIFY' | 1 to 40 of a-z 0-9 _",
                "REALTIME_KEY_PREFIX | a123456789b123456789c123456789d123456789e | (41 characters)' | 1 to 40",
                "REALTIME_KEY_PREFIX | _x | '_x' | the first a letter",
                "REALTIME_MIGRATE | yes | 'yes' | true or false",
                "REALTIME_MIGRATE | 1 | '1' | true or false",
                "REALTIME_REPLAY_WINDOW_SECONDS | 5 minutes | '5 minutes' | 1 to 2592000",
                "REALTIME_REPLAY_WINDOW_SECONDS | 0 | '0' | 1 to 2592000",
                "REALTIME_REPLAY_WINDOW_SECONDS | -1 | '-1' | 1 to 2592000",
                "REALTIME_REPLAY_WINDOW_SECONDS | 2592001 | '2592001' | 1 to 2592000",
                "REALTIME_MAX_PAYLOAD_BYTES | 1 MB | '1 MB' | 1024 to 16777216",
                "REALTIME_MAX_PAYLOAD_BYTES | 0 | '0' | 1024 to 16777216",
                "REALTIME_MAX_PAYLOAD_BYTES | 16777217 | '16777217' | 1024 to 16777216",
                "DATABASE_URL | mysql://ann:hidden-word@db | scheme | postgres://user:password@host",
                "DATABASE_LISTEN_URL | redis://hidden-word@db | scheme | postgres://user:password@host",
                "DATABASE_LISTEN_URL | postgres://ann:hidden-word@db:0/x | port | 1 to 65535",
                "DATABASE_LISTEN_URL | postgres://ann:hidden-word@db/x?sslmode=on | sslmode | verify-full"
            })
    void valuesThatAreNotAllowedAreStartErrors(String key, String value, String shown, String range) {
        Map<String, String> settings = new HashMap<>(Map.of("REALTIME_TRANSPORT", "postgres", "DATABASE_URL", URL));
        settings.put(key, value);

        Throwable refusal =
                catchThrowable(() -> PubSub.open(Settings.of(settings)).close());

        assertThat(refusal)
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        refused -> assertThat(refused.key()).isEqualTo(key))
                .hasMessageStartingWith(key + ": ")
                .hasMessageContaining(shown)
                .hasMessageContaining(range);
        assertThat(refusal.toString()).doesNotContain("hidden");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " "})
    void withoutADatabaseThereIsNoTransport(String url) {
        Map<String, String> settings = Map.of("REALTIME_TRANSPORT", "postgres", "DATABASE_URL", url);

        assertThat(catchThrowable(() -> PubSub.open(Settings.of(settings))))
                .isInstanceOf(SettingsException.class)
                .hasMessageStartingWith("DATABASE_URL: ");
    }

    @Test
    void theLongestNamesFitIntoPostgres() {
        String longest = "a".repeat(40);
        PostgresSettings settings = PostgresSettings.from(
                Settings.of(Map.of("DATABASE_URL", URL, "REALTIME_SCHEMA", longest)),
                new AdapterContext("one", longest, Duration.ofMinutes(1), Clock.systemUTC()));

        assertThat(settings.schema()).isEqualTo(longest);
        assertThat(settings.channel()).isEqualTo(longest + "_events").hasSizeLessThan(64);
    }

    @Test
    void whatIsUnsetHasItsDefault() {
        PostgresSettings settings = PostgresSettings.from(
                Settings.of(Map.of("DATABASE_URL", URL)),
                new AdapterContext("one", "realtime", Duration.ofMinutes(1), Clock.systemUTC()));

        assertThat(settings.schema()).isEqualTo("rt");
        assertThat(settings.channel()).isEqualTo("realtime_events");
        assertThat(settings.migrates()).isTrue();
        assertThat(settings.isPooled()).isFalse();
        assertThat(settings.direct()).isEqualTo(settings.database());
    }
}
