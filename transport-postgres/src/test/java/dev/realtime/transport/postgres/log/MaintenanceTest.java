package dev.realtime.transport.postgres.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server does for itself, and takes long about, holds nobody up. */
@ExtendWith(LeakCheck.class)
class MaintenanceTest {
    private final Store store = Store.migrated();
    private Session maintenance;
    private Session sql;

    @BeforeEach
    void connect() throws SQLException {
        maintenance = store.session();
        sql = store.session();
        sql.run("set lock_timeout = '2s'; update rt.store set replay_window = interval '0'");
    }

    @AfterEach
    void disconnect() throws SQLException {
        maintenance.close();
        sql.close();
        store.close();
    }

    /** VACUUM takes the same lock, and cannot be kept open: it refuses a transaction. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "analyze rt.stage, rt.log, rt.tick, rt.floor, rt.store",
                "analyze",
                "lock table rt.stage, rt.log, rt.tick, rt.floor, rt.store in share update exclusive mode"
            })
    void whileItIsOpenEverythingGoesOn(String statement) throws SQLException {
        sql.publish("before");
        sql.value("select sealed from rt.seal(10)");
        maintenance.begin().run(statement);

        for (String id : List.of("one", "two", "three")) {
            sql.publish(id);
            assertThat(sql.value("select sealed from rt.seal(10)")).isEqualTo("1");
            assertThat(sql.value(
                            "select outcome from rt.append(array[1], array['acme'], array[?], array['e'],"
                                    + " array['t'], array[null], array[0], array['{}'::bytea])",
                            id + "-direct"))
                    .isEqualTo("appended");
        }
        assertThat(store.logged())
                .containsExactly("before", "one", "one-direct", "two", "two-direct", "three", "three-direct");
        while (!sql.value("select rt.trim(100)").equals("0")) {
            assertThat(sql.truth("select rt.is_staged()")).isFalse();
        }
        assertThat(store.logged()).isEmpty();
        assertThat(sql.value("select count(*) from rt.stage")).isEqualTo("0");
        sql.publish("staged").run("update rt.store set home_system = 1");
        assertThat(sql.truth("select rt.settle()")).isTrue();
        assertThat(store.logged()).containsExactly("staged");
        maintenance.commit();
    }
}
