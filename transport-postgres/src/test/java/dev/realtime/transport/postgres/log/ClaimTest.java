package dev.realtime.transport.postgres.log;

import static dev.realtime.transport.postgres.equipment.Store.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.realtime.transport.KeyClaims;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.util.PSQLException;

/** Claimed keys in the database. */
@ExtendWith(LeakCheck.class)
class ClaimTest {
    private final Store store = Store.migrated();
    private Session sql;

    @BeforeEach
    void connect() throws SQLException {
        sql = store.session();
    }

    @AfterEach
    void disconnect() throws SQLException {
        sql.close();
        store.close();
    }

    @Test
    void maintenanceForgetsThoseWhoseTimeHasPassedAndNoOthers() throws Exception {
        sql.value("select rt.claim('kept', 600000)");
        for (int i = 0; i < 20; i++) {
            sql.value("select rt.claim('short-" + i + "', 1)");
        }
        Settings settings = Settings.of(Map.of(
                "REALTIME_TRANSPORT", "postgres",
                "DATABASE_URL", Store.server().url(),
                "REALTIME_SCHEMA", store.schema(),
                "REALTIME_KEY_PREFIX", channelPrefix(),
                "REALTIME_REPLAY_WINDOW_SECONDS", "1"));
        try (PubSub instance = PubSub.open(settings)) {
            await().untilAsserted(() ->
                    assertThat(sql.column("select key from rt.claim")).containsExactly("kept"));
            KeyClaims claims = instance.keyClaims().orElseThrow();

            assertThat(claims.claim("kept", Duration.ofMinutes(1)).get(20, TimeUnit.SECONDS))
                    .isFalse();
            assertThat(claims.claim("short-0", Duration.ofMinutes(1)).get(20, TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    @Test
    void forgettingTakesAFewAtATimeAndLeavesWhatSomebodyIsClaimingAgain() throws SQLException {
        for (int i = 0; i < 5; i++) {
            sql.value("select rt.claim('k" + i + "', 1)");
        }
        await().until(() -> sql.truth("select bool_and(ends_at <= clock_timestamp()) from rt.claim"));
        try (Session again = store.session()) {
            again.begin();
            assertThat(again.truth("select rt.claim('k0', 60000)")).isTrue();

            assertThat(sql.value("select rt.forget_claims(3)")).isEqualTo("3");
            assertThat(sql.value("select rt.forget_claims(3)")).isEqualTo("1");
            assertThat(sql.value("select rt.forget_claims(3)")).isEqualTo("0");
            again.commit();
        }
        assertThat(sql.column("select key from rt.claim")).containsExactly("k0");
    }

    @Test
    void aTimeOutOfBoundsIsRefused() {
        for (String ttl : new String[] {"0", "-1", "null", "2592000001"}) {
            PSQLException refused =
                    catchThrowableOfType(PSQLException.class, () -> sql.value("select rt.claim('k', " + ttl + ")"));
            assertThat(refused.getSQLState()).isEqualTo("22023");
            assertThat(refused.getMessage()).contains("ttl_millis", ttl);
        }
    }

    private String channelPrefix() throws SQLException {
        return sql.value("select left(channel, -length('_events')) from rt.store");
    }
}
