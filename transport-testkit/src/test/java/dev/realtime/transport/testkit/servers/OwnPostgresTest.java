package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.realtime.transport.testkit.servers.OwnPostgres.Stop;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OwnPostgresTest {

    @ParameterizedTest
    @EnumSource
    void keepsPortAndDataOverARestart(Stop how) throws SQLException {
        try (OwnPostgres server = OwnPostgres.started()) {
            execute(server, "CREATE TABLE kept AS SELECT 7 AS value");
            String before = server.url();

            server.restart(how);

            assertThat(server.url()).isEqualTo(before);
            assertThat(query(server, "SELECT value FROM kept")).isEqualTo("7");
        }
    }

    @Test
    void recoversWhatWasCommittedBeforeItWasKilled() throws SQLException {
        try (OwnPostgres server = OwnPostgres.started();
                Connection open = server.connect()) {
            execute(server, "CREATE TABLE kept AS SELECT 7 AS value");

            server.kill();

            assertThat(server.isRunning()).isFalse();
            assertThat(open.isValid(1)).isFalse();
            server.start();
            assertThat(query(server, "SELECT value FROM kept")).isEqualTo("7");
        }
    }

    @Test
    void refusesConnectionsWhileStopped() {
        try (OwnPostgres server = OwnPostgres.started()) {
            server.stop(Stop.FAST);

            assertThatThrownBy(server::connect).isInstanceOf(SQLException.class);
            assertThatThrownBy(() -> server.stop(Stop.FAST)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void runsWithRoomForTestsAndWithTheSettingsOfItsTest() throws SQLException {
        try (OwnPostgres server = OwnPostgres.started(Map.of("wal_level", "logical", "max_connections", "42"))) {
            assertThat(query(server, "SHOW server_version_num")).startsWith(System.getProperty("postgres.version"));
            assertThat(query(server, "SHOW fsync")).isEqualTo("on");
            assertThat(query(server, "SHOW max_prepared_transactions")).isEqualTo("20");
            assertThat(query(server, "SHOW wal_level")).isEqualTo("logical");
            assertThat(query(server, "SHOW max_connections")).isEqualTo("42");
        }
    }

    @Test
    void saysWhyItDoesNotStart() {
        assertThatThrownBy(() -> OwnPostgres.started(Map.of("max_connections", "many")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("invalid value for parameter \"max_connections\": \"many\"");
    }

    @Test
    void asksForThePassword() {
        try (OwnPostgres server = OwnPostgres.started()) {
            PostgresUrl wrong = PostgresUrl.parse(server.url().replaceFirst(":[^:@]*@", ":guess@"));

            assertThatThrownBy(wrong::connect).hasMessageContaining("password authentication failed");
        }
    }

    @Test
    void leavesNothingBehindOnceClosed() {
        OwnPostgres server = OwnPostgres.started();
        Path folder = server.folder();

        server.close();

        assertThat(server.isRunning()).isFalse();
        assertThat(folder).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource(names = {"NAMESPACE", "NOBODY"})
    void runsInEveryWayThatRootHas(NotAsRoot way) throws SQLException {
        assumeTrue(NotAsRoot.here() == NotAsRoot.NAMESPACE, "needs root and user namespaces");
        try (OwnPostgres server = OwnPostgres.started(Map.of(), way)) {
            server.restart(Stop.IMMEDIATE);

            assertThat(query(server, "SELECT 1")).isEqualTo("1");
        }
    }

    private static void execute(OwnPostgres server, String sql) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(OwnPostgres server, String sql) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }
}
