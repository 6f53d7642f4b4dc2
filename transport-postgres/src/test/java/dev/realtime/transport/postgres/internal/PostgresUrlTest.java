package dev.realtime.transport.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.impossibl.postgres.system.SystemSettings;
import dev.realtime.transport.Settings;
import dev.realtime.transport.SettingsException;
import dev.realtime.transport.postgres.internal.PostgresUrl.SslMode;
import dev.realtime.transport.spi.AdapterContext;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresUrlTest {
    private static final String PASSWORD = "sEcret";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://ann:sEcret@db.example:5433/shop",
                "postgresql://ann:sEcret@db.example:5433/shop",
                "postgres://db.example:5433/shop?user=ann&password=sEcret",
                "jdbc:postgresql://db.example:5433/shop?user=ann&password=sEcret",
                "jdbc:postgresql://ann:sEcret@db.example:5433/shop"
            })
    void bothFormsSayTheSame(String text) {
        assertThat(parse(text))
                .isEqualTo(new PostgresUrl("db.example", 5433, "shop", "ann", PASSWORD, SslMode.PREFER, null));
    }

    @Test
    void whatIsLeftOutHasTheDefaultsOfLibpq() {
        assertThat(parse("postgres://ann@db"))
                .isEqualTo(new PostgresUrl("db", 5432, "ann", "ann", null, SslMode.PREFER, null));
        assertThat(parse("postgres://ann@db/")).isEqualTo(parse("postgres://ann@db"));
    }

    @ParameterizedTest
    @CsvSource({
        "p%40ss, p@ss",
        "100%25, 100%",
        "a%2Fb%3Ac%3Fd%23e, a/b:c?d#e",
        "a+b, a+b",
        "a:b, a:b",
        "%C3%BC%20%E2%82%AC, ü €"
    })
    void passwordsAreDecoded(String escaped, String password) {
        assertThat(parse("postgres://ann:" + escaped + "@db/shop").password()).isEqualTo(password);
        assertThat(parse("postgres://db/shop?user=ann&password=" + escaped).password())
                .isEqualTo(password);
    }

    @Test
    void usersAndDatabasesAreDecodedAndEncodedAgain() {
        PostgresUrl url = parse("postgres://ann%40shop:x@db/my%20shop%2F%3F");

        assertThat(url.user()).isEqualTo("ann@shop");
        assertThat(url.database()).isEqualTo("my shop/?");
        assertThat(url.jdbc()).isEqualTo("jdbc:postgresql://db:5432/my%20shop%2F%3F");
        assertThat(url.jdbcNg()).isEqualTo("jdbc:pgsql://db:5432/my%20shop%2F%3F");
    }

    @Test
    void addressesOfVersion6StandInBrackets() {
        PostgresUrl url = parse("postgres://ann@[2001:db8::1]:5433/shop");

        assertThat(url.host()).isEqualTo("2001:db8::1");
        assertThat(url.port()).isEqualTo(5433);
        assertThat(url.jdbc()).isEqualTo("jdbc:postgresql://[2001:db8::1]:5433/shop");
        assertThat(url.place()).isEqualTo("[2001:db8::1]:5433/shop");
    }

    @Test
    void hostsOfContainerNetworksMayHaveUnderscores() {
        assertThat(parse("postgres://ann:x@my_db-1:5433/shop").host()).isEqualTo("my_db-1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mysql://ann:sEcret@db/shop | scheme",
                "//ann:sEcret@db/shop | scheme",
                "jdbc:mysql://ann:sEcret@db/shop | scheme",
                "postgres:///shop?user=ann&password=sEcret | host",
                "postgres://ann:sEcret@/shop | host",
                "postgres://ann:sEcret@one,two/shop | single host",
                "postgres://ann:s@Ecret@db/shop | escaped",
                "postgres://ann:sEcret@db/shop#part | escaped",
                "postgres://ann:sEcret#@db/shop | escaped",
                "postgres://ann:sEcret/@db/shop | escaped",
                "postgres://ann:sEcret%@db/shop | %XX",
                "postgres://ann:sEc ret@db/shop | %XX",
                "postgres://ann:sEcret@db:0/shop | port",
                "postgres://ann:sEcret@db:65536/shop | port",
                "postgres://ann:sEcret@db:123456/shop | host",
                "postgres://:sEcret@db/shop | user",
                "postgres://db/shop?password=sEcret | user",
                "postgres://ann:sEcret@db/shop?sslmod=require | 'sslmod'",
                "postgres://ann:sEcret@db/shop?ssl=true | 'ssl'",
                "postgres://ann:sEcret@db/shop?sslmode=yes | verify-full",
                "postgres://ann:sEcret@db/shop?sslmode=REQUIRE | verify-full",
                "postgres://ann:sEcret@db/shop?sslmode=require&sslmode=disable | twice",
                "postgres://ann:sEcret@db/shop?password=another | 'password'",
                "postgres://ann:sEcret@db/shop?sslmode | name=value",
                "postgres://ann:sEcret@db/shop?=x | name=value",
                "postgres://db/shop?user=ann&password=sEcret%zz | %XX"
            })
    void whatIsNotUnderstoodIsRefusedWithAReasonAndWithoutThePassword(String text, String reason) {
        Throwable refusal = catchThrowable(() -> parse(text));

        assertThat(refusal).isInstanceOf(SettingsException.class).hasMessageContaining(reason);
        assertThat(refusal).hasMessageStartingWith("DATABASE_URL").hasNoCause();
        assertThat(refusal.toString()).doesNotContain("cret");
    }

    @Test
    void noTextHasThePassword() {
        PostgresUrl url = parse("postgres://ann:sEcret@db/shop?sslmode=require");
        PostgresSettings settings = PostgresSettings.from(
                Settings.of(Map.of("DATABASE_URL", "postgres://ann:sEcret@db/shop")),
                new AdapterContext("one", "realtime", Duration.ofMinutes(1), Clock.systemUTC()));

        assertThat(url.toString()).isEqualTo("postgres://db:5432/shop");
        assertThat(url.jdbc() + url.jdbcNg() + url.place()).doesNotContain(PASSWORD);
        assertThat(settings.toString()).contains("db:5432").doesNotContain(PASSWORD);
    }

    @ParameterizedTest
    @EnumSource(SslMode.class)
    void theSslModeReachesBothDriversInTheirOwnWords(SslMode mode) {
        PostgresUrl url = parse("postgres://ann:sEcret@db/shop?sslmode=" + mode.text() + "&sslrootcert=%2Fca.pem");

        assertThat(url.jdbcProperties())
                .containsEntry("sslmode", mode.text())
                .containsEntry("sslrootcert", "/ca.pem")
                .containsEntry("user", "ann")
                .containsEntry("password", PASSWORD);
        Properties ng = url.ngProperties(true);
        assertThat(ng)
                .containsEntry("ssl.ca.certificate.file", "/ca.pem")
                .containsEntry("user", "ann")
                .containsEntry("password", PASSWORD);
        assertThat(SystemSettings.SSL_MODE
                        .fromString(ng.getProperty("ssl.mode"))
                        .name())
                .isEqualToIgnoringCase(mode.name().replace("_", ""));
    }

    @ParameterizedTest
    @CsvSource({
        "disable, disable",
        "allow, disable",
        "prefer, disable",
        "require, require",
        "verify-ca, verify-ca",
        "verify-full, verify-full"
    })
    void aServerWithoutTlsIsNotAskedForItUnlessItIsRequired(String asked, String used) {
        assertThat(parse("postgres://ann@db/shop?sslmode=" + asked).ngProperties(false))
                .containsEntry("ssl.mode", used);
    }

    @Test
    void aMissingUrlIsNamed() {
        AdapterContext context = new AdapterContext("one", "realtime", Duration.ofMinutes(1), Clock.systemUTC());

        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> PostgresSettings.from(Settings.of(Map.of()), context))
                .withMessageContaining("DATABASE_URL");
    }

    private static PostgresUrl parse(String text) {
        return PostgresUrl.parse("DATABASE_URL", text);
    }
}
