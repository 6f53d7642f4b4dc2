package dev.realtime.transport.redis.internal.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.settings.SettingsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {
    @Test
    void defaultsAreTheLocalServer() {
        assertThat(RedisAddress.parse(RedisAddress.DEFAULT_URL, null))
                .isEqualTo(new RedisAddress(false, null, null, "127.0.0.1", 6379, 0));
        assertThat(RedisAddress.parse("redis://cache", null))
                .isEqualTo(new RedisAddress(false, null, null, "cache", 6379, 0));
        assertThat(RedisAddress.parse("redis://cache/", null))
                .isEqualTo(new RedisAddress(false, null, null, "cache", 6379, 0));
    }

    @Test
    void everyPartIsRead() {
        assertThat(RedisAddress.parse(
                        "rediss://app:s%40crét%2F".replace("é", "%C3%A9") + "@redis.example:6380/7", null))
                .isEqualTo(new RedisAddress(true, "app", "s@crét/", "redis.example", 6380, 7));
        assertThat(RedisAddress.parse("redis://:a+b@[::1]:6381", null))
                .isEqualTo(new RedisAddress(false, null, "a+b", "::1", 6381, 0));
    }

    @Test
    void tokenIsThePassword() {
        assertThat(RedisAddress.parse("redis://app@cache", "t0ken").password()).isEqualTo("t0ken");
        assertThat(RedisAddress.parse("redis://cache", "t0ken").password()).isEqualTo("t0ken");
        assertThat(RedisAddress.parse("redis://:t0ken@cache", "t0ken").password())
                .isEqualTo("t0ken");
    }

    @Test
    void tokenAndAnotherPasswordAreRefused() {
        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> RedisAddress.parse("redis://:hunter2@cache", "t0ken"))
                .withMessageContaining("REDIS_TOKEN")
                .withMessageNotContainingAny("hunter2", "t0ken")
                .satisfies(refused -> assertThat(refused.key()).isEqualTo("REDIS_TOKEN"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://:hunter2@cache",
                "REDIS://:hunter2@cache",
                "redis:hunter2@cache",
                "redis://hunter2@cache",
                "redis://:hunt%er2@cache",
                "redis://:hunter2%FF@cache",
                "redis://:hunt/er2@cache",
                "redis://:hunt@er2@cache",
                "redis://:hunt er2@cache",
                "redis://:hunter2@",
                "redis://:hunter2@cache:0",
                "redis://:hunter2@cache:65536",
                "redis://:hunter2@cache:x",
                "redis://:hunter2@cache/zero",
                "redis://:hunter2@cache/-1",
                "redis://:hunter2@cache/0/1",
                "redis://:hunter2@cache?timeout=1s",
                "redis://:hunter2@cache#0",
                "redis://:hunter2@one,two",
                "redis://:hunter2@cache\n",
                " redis://:hunter2@cache",
            })
    void anythingElseIsRefusedWithoutShowingIt(String url) {
        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> RedisAddress.parse(url, null))
                .withMessageStartingWith("REDIS_URL: ")
                .withMessageNotContainingAny("hunter2", "hunt", "er2")
                .withNoCause();
    }

    @Test
    void textMasksThePassword() {
        assertThat(RedisAddress.parse("rediss://app:hunter2@[::1]:6380/7", null))
                .hasToString("rediss://app:***@[::1]:6380/7");
        assertThat(RedisAddress.parse("redis://cache", null)).hasToString("redis://cache:6379/0");
    }
}
