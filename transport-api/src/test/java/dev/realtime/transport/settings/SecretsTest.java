package dev.realtime.transport.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No piece of a secret comes back in the words of others. */
class SecretsTest {
    @BeforeEach
    @AfterEach
    void forget() {
        Secrets.forget();
    }

    @Test
    void aShortSecretGoesWhereItStandsAloneOnly() {
        Secrets.keep("xy");

        assertThat(Secrets.masked("'xy' at proxy.example")).isEqualTo("'***' at proxy.example");
    }

    @ParameterizedTest
    @CsvSource({
        "postgres://app:Qx7!vZ@k2/Jw9#pL@db.example:5432/shop, Qx7!vZ@k2/Jw9#pL",
        "postgres://app:Qx7%21vZ%40k2%2FJw9@db.example/shop, Qx7!vZ@k2/Jw9",
        "postgres://db.example/shop?user=app&password=Qx7vZk2Jw9, Qx7vZk2Jw9",
        "jdbc:postgresql://db.example/shop?sslpassword=Qx7vZk2Jw9, Qx7vZk2Jw9",
        "rediss://default:Qx7vZ:k2Jw9@cache.example:6380/1, Qx7vZ:k2Jw9",
        "redis://Qx7vZk2Jw9@cache.example, Qx7vZk2Jw9",
        "https://keys.example/set?api_key=Qx7vZk2Jw9, Qx7vZk2Jw9",
        "Qx7vZk2Jw9-token, Qx7vZk2Jw9-token"
    })
    void everyPieceOfAPasswordIsMaskedInEveryFormAndTheRestOfTheUrlIsNot(String given, String secret) {
        Secrets.keep(given);

        for (int from = 0; from + 4 <= secret.length(); from++) {
            for (int to = from + 4; to <= secret.length(); to++) {
                String piece = secret.substring(from, to);
                assertThat(Secrets.masked("invalid port number: \"" + piece + "\""))
                        .doesNotContain(piece);
                assertThat(Secrets.masked("host " + piece.toLowerCase(Locale.ROOT) + " unknown"))
                        .doesNotContain(piece.toLowerCase(Locale.ROOT));
            }
        }
        assertThat(Secrets.masked("cannot reach db.example or cache.example at 5432 as app in shop"))
                .isEqualTo("cannot reach db.example or cache.example at 5432 as app in shop");
    }

    @Test
    void aSecretSettingIsKnownFromWhenItIsRead() {
        Settings settings = Settings.of(Map.of("SOME_TOKEN", "hB3xY8qR", "PLAIN", "nM5tW2zD"));

        settings.get(SettingKey.secret("SOME_TOKEN"));
        settings.get(SettingKey.plain("PLAIN"));

        assertThat(Secrets.masked("bad: 'B3xY8q' and nM5tW2zD")).isEqualTo("bad: '***' and nM5tW2zD");
    }

    @Test
    void piecesThatOverlapAreOneMask() {
        Secrets.keep("uK4jF6gH8sN1");

        assertThat(Secrets.masked("<uK4jF6gH4jF6gH8s>")).isEqualTo("<***>");
        assertThat(Secrets.masked("uK4")).isEqualTo("uK4");
        assertThat(Secrets.masked("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://app:shop-2031@shop.example/shop",
                "postgres://shop.example/shop?sslmode=require&user=app&password=shop-2031",
                "rediss://app:shop-2031@shop.example"
            })
    void wordsOfTheSameSettingsThatAreNoSecretStayWhereTheyStandAlone(String given) {
        Secrets.keep(given);
        Settings settings = Settings.of(Map.of("PLAIN", "shop", "TOKEN", "app"));
        settings.get(SettingKey.plain("PLAIN"));
        settings.get(SettingKey.secret("TOKEN"));

        assertThat(Secrets.masked("database \"shop\" at shop.example for app"))
                .isEqualTo("database \"shop\" at shop.example for app");
        assertThat(Secrets.masked("bad port: \"shop-2031\", \"hop-203\", xshop"))
                .isEqualTo("bad port: \"***\", \"***\", x***");
    }

    @Test
    void ourOwnWordsStayAsTheyAre() {
        Secrets.keep("vacuum-cleaner-77");
        Throwable ours = new IllegalStateException("vacuum is late");
        Throwable theirs = new NumberFormatException("x");
        try {
            Integer.parseInt("cleaner-77");
        } catch (NumberFormatException e) {
            theirs = e;
        }

        assertThat(Secrets.messageOf(ours)).isEqualTo("vacuum is late");
        assertThat(Secrets.messageOf(theirs)).contains("***").doesNotContain("cleaner", "77");
        assertThat(Secrets.messageOf(new IllegalStateException())).isEqualTo("IllegalStateException");
    }
}
