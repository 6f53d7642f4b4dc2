package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TestRedisTest {

    @Test
    void isOneServerForTheWholeJvm() {
        TestRedis shared = TestRedis.shared();

        assertThat(TestRedis.shared()).isSameAs(shared);
        assertThat(shared.source()).isIn("TEST_REDIS_URL", "docker", "redis-server", "embedded");
        assertThat(shared.url()).startsWith("redis");
    }

    @Test
    void prefersTheServerItIsGiven() {
        TestRedis found = TestRedis.found(Map.of("TEST_REDIS_URL", "rediss://user:pw@redis.example:6380/3"));

        assertThat(found.source()).isEqualTo("TEST_REDIS_URL");
        assertThat(found.url()).isEqualTo("rediss://user:pw@redis.example:6380/3");
    }

    @Test
    void namesFreshPrefixes() {
        TestRedis shared = TestRedis.shared();

        assertThat(shared.freshPrefix()).matches("[a-z_0-9]{1,40}").isNotEqualTo(shared.freshPrefix());
    }
}
