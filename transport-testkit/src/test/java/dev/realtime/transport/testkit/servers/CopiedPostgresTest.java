package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.testkit.servers.OwnPostgres.Stop;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A server's data, copied: to a standby, or to be put back. */
class CopiedPostgresTest {
    /** Every way in which a server can run here. */
    static Set<NotAsRoot> ways() {
        Set<NotAsRoot> ways = new LinkedHashSet<>(List.of(NotAsRoot.here()));
        if (NotAsRoot.here() == NotAsRoot.NAMESPACE) {
            ways.add(NotAsRoot.NOBODY);
        }
        return ways;
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aStandbyFollowsAndBecomesAPrimaryOfAnotherTimeline(NotAsRoot way) throws SQLException {
        try (OwnPostgres primary = OwnPostgres.started(Map.of(), way)) {
            run(primary, "CREATE TABLE kept AS SELECT 7 AS value");
            primary.stop(Stop.FAST);
            try (OwnPostgres standby = primary.standby()) {
                run(primary, "INSERT INTO kept VALUES (8)");
                await().until(() -> ask(standby, "SELECT sum(value) FROM kept").equals("15"));
                assertThatThrownBy(() -> run(standby, "INSERT INTO kept VALUES (9)"))
                        .hasMessageContaining("read-only");
                String timeline = ask(primary, "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)");

                primary.kill();
                standby.promote();

                run(standby, "INSERT INTO kept VALUES (9)");
                assertThat(ask(standby, "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"))
                        .isNotEqualTo(timeline);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void dataThatIsPutBackKnowsNothingOfWhatCameAfter(NotAsRoot way) throws SQLException {
        try (OwnPostgres server = OwnPostgres.started(Map.of(), way)) {
            run(server, "CREATE TABLE kept AS SELECT 7 AS value");
            server.stop(Stop.FAST);
            server.snapshot();
            server.start();
            run(server, "INSERT INTO kept VALUES (8)");

            server.kill();
            server.restore();
            server.start();

            assertThat(ask(server, "SELECT sum(value) FROM kept")).isEqualTo("7");
        }
    }

    @Test
    void aServerThatRunsIsNotCopied() {
        try (OwnPostgres server = OwnPostgres.started()) {
            assertThatThrownBy(server::snapshot).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(server::restore).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(server::standby).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aSmallDiskIsFullAndHasRoomAgain() throws SQLException {
        try (SmallDisk disk = SmallDisk.of(8);
                OwnPostgres server = OwnPostgres.started()) {
            run(server, "CREATE TABLESPACE small LOCATION '" + disk.tablespace() + "'");
            run(server, "CREATE TABLE kept (value text) TABLESPACE small");
            disk.fill();
            assertThatThrownBy(
                            () -> run(server, "INSERT INTO kept SELECT repeat('x', 100) FROM generate_series(1, 1000)"))
                    .hasMessageContaining("No space left");

            disk.free();

            run(server, "INSERT INTO kept SELECT repeat('x', 100) FROM generate_series(1, 1000)");
        }
    }

    private static void run(OwnPostgres server, String sql) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String ask(OwnPostgres server, String sql) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }
}
