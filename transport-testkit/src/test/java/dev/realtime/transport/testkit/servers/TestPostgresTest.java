package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestPostgresTest {

    @Test
    void isOneServerForTheWholeJvm() throws SQLException {
        TestPostgres shared = TestPostgres.shared();

        assertThat(TestPostgres.shared()).isSameAs(shared);
        assertThat(shared.source()).isIn("TEST_DATABASE_URL", "docker", "embedded");
        try (Connection connection = shared.connect()) {
            assertThat(connection.isValid(1)).isTrue();
        }
    }

    @Test
    void prefersTheServerItIsGiven() {
        String given = TestPostgres.shared().url();

        TestPostgres found = TestPostgres.found(Map.of("TEST_DATABASE_URL", given));

        assertThat(found.source()).isEqualTo("TEST_DATABASE_URL");
        assertThat(found.url()).isEqualTo(given);
    }

    @Test
    void makesFreshDatabases() throws SQLException {
        TestPostgres shared = TestPostgres.shared();

        PostgresUrl first = PostgresUrl.parse(shared.freshDatabase());
        PostgresUrl second = PostgresUrl.parse(shared.freshDatabase());

        assertThat(first.database()).isNotEqualTo(second.database());
        assertThat(first.text()).isEqualTo(shared.url(first.database()));
        try (Connection connection = first.connect()) {
            assertThat(connection.getCatalog()).isEqualTo(first.database());
        }
    }

    @Test
    void namesFreshSchemas() {
        TestPostgres shared = TestPostgres.shared();

        assertThat(shared.freshSchema()).matches("[a-z_0-9]{1,40}").isNotEqualTo(shared.freshSchema());
    }
}
