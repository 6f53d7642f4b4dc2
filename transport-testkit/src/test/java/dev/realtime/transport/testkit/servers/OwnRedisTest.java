package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OwnRedisTest {

    @Test
    void comesBackOnItsPortAndEmpty() throws IOException {
        try (OwnRedis server = OwnRedis.started()) {
            String before = server.url();
            try (RedisWire wire = RedisWire.to(server.port())) {
                assertThat(wire.ask("SET key value")).isEqualTo("+OK");
            }

            server.stop();
            assertThat(server.isRunning()).isFalse();
            server.start();

            assertThat(server.url()).isEqualTo(before);
            try (RedisWire wire = RedisWire.to(server.port())) {
                assertThat(wire.ask("EXISTS key")).isEqualTo(":0");
            }
        }
    }

    @Test
    void startsAgainAfterItWasKilled() {
        try (OwnRedis server = OwnRedis.started()) {
            server.kill();

            assertThatThrownBy(() -> RedisWire.to(server.port())).isInstanceOf(IOException.class);
            assertThatThrownBy(server::stop).isInstanceOf(IllegalStateException.class);
            server.start();
            assertThat(server.isRunning()).isTrue();
        }
    }

    @Test
    void runsEmbeddedWhereThereIsNoneOnThePath() throws IOException {
        try (OwnRedis server = OwnRedis.started("");
                RedisWire wire = RedisWire.to(server.port())) {
            assertThat(server.source()).isEqualTo("embedded");
            assertThat(wire.ask("PING")).isEqualTo("+PONG");
        }
    }

    @Test
    void leavesNothingBehindOnceClosed() {
        OwnRedis server = OwnRedis.started();
        Path folder = server.folder();

        server.close();

        assertThat(server.isRunning()).isFalse();
        assertThat(folder).doesNotExist();
    }
}
