package dev.realtime.transport.postgres.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Session;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A row's organisation and its condition mean the same whatever collations and settings there are. */
class WatchMeaningTest {
    private WatchedTables tables;
    private Session sql;

    @BeforeEach
    void create() throws SQLException {
        tables = new WatchedTables();
        sql = tables.sql();
    }

    @AfterEach
    void drop() throws SQLException {
        tables.close();
    }

    @Test
    void organisationsThatTheirColumnsCollationTakesForOneAreTwo() throws SQLException {
        sql.run("create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
                + " create table visits (id integer primary key, org_id text collate any_case, n integer default 0)");
        sql.value("select rt.watch('visits', row_limit => 1)");

        assertThat(tables.pings("insert into visits values (1, 'acme'), (2, 'ACME')"))
                .containsExactlyInAnyOrder(visits("acme", "create"), visits("ACME", "create"));
        assertThat(tables.pings("update visits set n = 1"))
                .containsExactlyInAnyOrder(visits("acme", "update"), visits("ACME", "update"));
        assertThat(tables.pings("update visits set org_id = 'Acme' where id = 1"))
                .containsExactlyInAnyOrder(
                        "acme visits.deleted {\"action\":\"delete\",\"id\":\"1\"}",
                        "Acme visits.created {\"action\":\"create\",\"id\":\"1\"}");
        assertThat(tables.pings("truncate visits"))
                .containsExactlyInAnyOrder(visits("Acme", "delete"), visits("ACME", "delete"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "made::text = '2026-01-02 01:00:00+00'",
                "made = '2026-01-02 01:00'",
                "kept::text = 'P1D'",
                "raw::text = '\\x00'",
                "rate::text = '0.30000000000000004'",
                "(nothing = null) is null",
            })
    void aConditionMeansTheSameWhateverTheWriterHasSet(String condition) throws SQLException {
        sql.run("create table readings (id integer primary key, made timestamptz default '2026-01-02 01:00+00',"
                + " kept interval default '1 day', raw bytea default decode('00', 'hex'),"
                + " rate float8 default 0.1::float8 + 0.2::float8, nothing text)");
        String watching = "rt.watch('readings', condition => $c$" + condition + "$c$)";
        sql.value("select " + watching);

        assertThat(tables.pings("do $$ begin set local datestyle = german; set local timezone = 'Asia/Tokyo';"
                        + " set local intervalstyle = sql_standard; set local bytea_output = escape;"
                        + " set local extra_float_digits = 0; set local transform_null_equals = on;"
                        + " set local escape_string_warning = off; set local standard_conforming_strings = off;"
                        + " insert into readings values (1); delete from readings; perform " + watching + "; end $$"))
                .hasSize(2);
        assertThat(tables.pings("insert into readings values (1)")).hasSize(1);
    }

    private static String visits(String org, String action) {
        return org + " visits." + action + "d {\"action\":\"" + action + "\",\"count\":1}";
    }
}
