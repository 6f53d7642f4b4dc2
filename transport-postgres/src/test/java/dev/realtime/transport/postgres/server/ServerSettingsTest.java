package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a database or a role has set for its sessions, ours mean and do the same. */
class ServerSettingsTest {
    private static OwnPostgres server;
    private static int databases;

    @BeforeAll
    static void start() {
        server = OwnPostgres.started();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "quote_all_identifiers=on",
                "standard_conforming_strings=off escape_string_warning=on backslash_quote=off bytea_output=escape"
                        + " array_nulls=off transform_null_equals=on xmloption=document xmlbinary=hex",
                "DateStyle='German,DMY' IntervalStyle=iso_8601 TimeZone='Pacific/Chatham' extra_float_digits=-15"
                        + " client_encoding=LATIN1 lc_messages=C lc_monetary=C lc_numeric=C lc_time=C"
                        + " client_min_messages=debug5",
                "default_transaction_isolation=serializable default_transaction_read_only=on"
                        + " default_transaction_deferrable=on synchronous_commit=off",
                "statement_timeout=200ms lock_timeout=1ms idle_in_transaction_session_timeout=1s"
                        + " idle_session_timeout=300ms transaction_timeout=3s",
                "enable_indexscan=off enable_bitmapscan=off enable_indexonlyscan=off enable_nestloop=off"
                        + " enable_sort=off plan_cache_mode=force_generic_plan jit=on jit_above_cost=0"
                        + " random_page_cost=1000 work_mem=64kB max_parallel_workers_per_gather=4"
                        + " parallel_setup_cost=0 parallel_tuple_cost=0 min_parallel_table_scan_size=0",
                "row_security=on session_replication_role=replica exit_on_error=on check_function_bodies=off"
                        + " restrict_nonsystem_relation_kind='view,foreign-table' role=other vacuum_freeze_min_age=0",
                "force_parallel_mode=regress debug_parallel_query=regress"
                        + " statement_timeout=0 commit_delay=1000 commit_siblings=0 gin_fuzzy_search_limit=1"
                        + " from_collapse_limit=1 join_collapse_limit=1 geqo_threshold=2 cursor_tuple_fraction=0"
            })
    void whatTheDatabaseSetsForItsSessionsChangesNothing(String settings) throws Exception {
        String database = "db" + ++databases;
        try (Store system = new Store(server.url(), "nobodys");
                Session sql = system.session()) {
            sql.run("create database " + database);
            sql.run("do $$ begin create role other superuser; exception when duplicate_object then null; end $$");
            for (String setting : settings.split(" ")) {
                String[] pair = setting.split("=", 2);
                if (!sql.column(
                                "select 1 from pg_settings where lower(name) = lower(?) or ? = 'role'",
                                pair[0],
                                pair[0])
                        .isEmpty()) {
                    sql.run("alter database " + database + " set " + pair[0] + " = " + quoted(pair[1]));
                }
            }
        }
        try (Store store = new Store(server.url(database), "rt")) {
            Node node = store.node();
            Position start = node.adapter().range(Store.ORG).head();
            JsonPayload payload = JsonPayload.of("{\"a\":\"\\\\ \\\" ' $1 \u00e4 \u20ac \ud83d\ude00\",\"n\":null}");
            Envelope toAll = Envelopes.withPayload(Envelopes.withId(Store.ORG, "all"), payload);
            Envelope toSome = Envelopes.withAudience(Envelopes.withId(Store.ORG, "some"), List.of("NULL", "ann"));

            node.publish(List.of(toAll, toSome));
            node.publish(List.of(toAll));
            // As the application's sessions are: in its own transaction, under what the database sets.
            try (Session sql = store.session()) {
                sql.run(
                        "set default_transaction_read_only = off; set statement_timeout = 0; set idle_session_timeout = 0");
                sql.publish("sql");
            }

            node.awaitIds(List.of("all", "some", "sql"));
            LogPage page = node.adapter().read(Store.ORG, start, 10);
            assertThat(page)
                    .isInstanceOfSatisfying(
                            LogPage.Entries.class,
                            read -> assertThat(read.entries())
                                    .extracting(LogEntry::envelope)
                                    .startsWith(toAll, toSome)
                                    .hasSize(3));
            assertThat(((ClaimsKeys) node.adapter()).claim("k", Duration.ofMinutes(1)))
                    .isTrue();
            assertThat(((ClaimsKeys) node.adapter()).claim("k", Duration.ofMinutes(1)))
                    .isFalse();
            assertThat(node.sink().calls(Call.Status.class))
                    .extracting(call -> call.status().state())
                    .doesNotContain(State.DEGRADED, State.DOWN);
            try (Session sql = store.session()) {
                sql.run("set default_transaction_read_only = off; set statement_timeout = 0");
                sql.run("alter database " + database + " reset all");
            }
        }
    }

    private static String quoted(String value) {
        return value.startsWith("'") ? value : "'" + value + "'";
    }
}
