package dev.realtime.transport.postgres.log;

import static dev.realtime.transport.postgres.equipment.Store.ORG;
import static dev.realtime.transport.postgres.equipment.Store.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

/** Publishing from SQL, heard by an instance. */
@ExtendWith(LeakCheck.class)
class SqlPublishTest {
    /** It is every second. */
    private static final Duration WELL_BEFORE_THE_POLL = Duration.ofMillis(200);

    /** Arguments and the SQLSTATE that they get. */
    private static final String BAD_INPUT = """
            null, 'e' | 22023
            '', 'e' | 22023
            'a b', 'e' | 22023
            '../x', 'e' | 22023
            E'acme\\n', 'e' | 22023
            'acme', null | 22023
            'acme', 'über' | 22023
            'acme', repeat('x', 129) | 22023
            'acme', 'realtime.open' | 22023
            'acme', 'e', '{}', null | 22023
            'acme', 'e', '{}', 'a"b' | 22023
            'acme', 'e', null | 22004
            'acme', 'e', 'null' | 22004
            'acme', 'e', jsonb 'null' | 22004
            'acme', 'e', '' | 22P02
            'acme', 'e', '{oops' | 22P02
            'acme', 'e', '1 2' | 22P02
            'acme', 'e', user_ids => '{}' | 22023
            'acme', 'e', user_ids => array[null] | 22023
            'acme', 'e', user_ids => array['a b'] | 22023
            'acme', 'e', user_ids => array['a"b'] | 22023
            'acme', 'e', user_ids => array['a\\b'] | 22023
            'acme', 'e', user_ids => array['ü'] | 22023
            'acme', 'e', user_ids => array[repeat('x', 256)] | 22023
            'acme', 'e', user_ids => array_fill('u'::text, array[1001]) | 22023
            'acme', 'e', id => 'a/b' | 22023
            'acme', 'e', id => '' | 22023""";

    private final Store store = new Store();
    private Node node;
    private Session sql;

    @BeforeEach
    void start() throws SQLException {
        node = store.node();
        sql = store.session();
    }

    @AfterEach
    void stop() throws SQLException {
        sql.close();
        store.close();
    }

    @Test
    void anEventPublishedBySqlArrivesWithAllItsFields() throws SQLException {
        String id = sql.value("select rt.publish('acme', 'orders.updated', '{\"a\": 1}', 'resource:orders',"
                + " array['zoe', 'ann', 'zoe'])");

        node.sink().awaitId(id);
        Envelope heard = onlyHeard();
        assertThat(heard.orgId()).isEqualTo(ORG);
        assertThat(heard.type()).isEqualTo("orders.updated");
        assertThat(heard.topic()).isEqualTo("resource:orders");
        assertThat(heard.payload().toString()).isEqualTo("{\"a\": 1}");
        assertThat(heard.audience()).containsExactly("ann", "zoe");
        assertThat(Duration.between(heard.timestamp(), Instant.now()).abs()).isLessThan(Duration.ofMinutes(1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'{\"a\": 1}' | {\"a\": 1}",
                "json '{\"a\":  1}' | {\"a\":  1}",
                "jsonb '{\"a\":  1}' | {\"a\": 1}",
                "text '[1, 2]' | [1, 2]",
                "varchar '\"x\"' | \"x\"",
                "to_jsonb(true) | true",
                "json_build_object('ü', '€') | {\"ü\" : \"€\"}",
                "json '0' | 0"
            })
    void anyTypeOfJsonIsAPayload(String payload, String expected) throws SQLException {
        String id = sql.value("select rt.publish('acme', 'orders.updated', " + payload + ")");

        node.sink().awaitId(id);
        assertThat(onlyHeard().payload().toString()).isEqualTo(expected);
    }

    @Test
    void everythingButOrganisationAndEventHasADefault() throws SQLException {
        String id = sql.value("select rt.publish('acme', 'orders.updated')");

        node.sink().awaitId(id);
        Envelope heard = onlyHeard();
        assertThat(heard.topic()).isEqualTo("events");
        assertThat(heard.payload().toString()).isEqualTo("{}");
        assertThat(heard.audience()).isNull();
        assertThat(id).matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org_id => 'acme', event => 'e', id => 'named'",
                "id => 'named', topic => 't', payload => '{}', event => 'e', org_id => 'acme'",
                "'acme', 'e', payload => jsonb '{}', id => 'named'",
                "'acme', 'e', payload => json '{}', user_ids => null, id => 'named'",
                "'acme', 'e', id => 'named', user_ids => '{ann}'"
            })
    void argumentsCanBeNamed(String arguments) throws SQLException {
        assertThat(sql.value("select rt.publish(" + arguments + ")")).isEqualTo("named");

        node.sink().awaitId("named");
    }

    @Test
    void parametersOfJdbcNeedNoCast() throws SQLException {
        String id = sql.value("select rt.publish(?, ?, ?)", ORG, "orders.updated", "{\"a\":1}");

        node.sink().awaitId(id);
        assertThat(onlyHeard().payload().toString()).isEqualTo("{\"a\":1}");
    }

    @Test
    void idsMadeHereAreSortableByTime() throws SQLException {
        String first = sql.value("select rt.publish('acme', 'e')");
        await().until(() -> sql.value("select rt.new_id()").compareTo(first) > 0);
        String second = sql.value("select rt.publish('acme', 'e')");

        assertThat(second.substring(0, 13)).isGreaterThanOrEqualTo(first.substring(0, 13));
        node.awaitIds(List.of(first, second));
    }

    @Test
    void lineBreaksBecomeSpacesSinceAnEventIsOneLine() throws SQLException {
        String id = sql.value("select rt.publish('acme', 'e', E'{\\r\\n  \"a\":\\n\"x\\\\ny\"\\r}')");

        node.sink().awaitId(id);
        assertThat(onlyHeard().payload().toString()).isEqualTo("{    \"a\": \"x\\ny\" }");
    }

    @Test
    void aPayloadOfExactlyTheLimitArrivesAndOneByteMoreIsRefusedWithBothSizes() throws SQLException {
        String id = sql.value("select rt.publish('acme', 'e', '\"' || repeat('ü', 524287) || '\"')");

        node.sink().awaitId(id);
        assertThat(onlyHeard().payload().size()).isEqualTo(1_048_576);
        ServerErrorMessage refusal =
                sql.refusal("select rt.publish('acme', 'e', '\"' || repeat('ü', 524287) || 'x\"')");
        assertThat(refusal.getSQLState()).isEqualTo("54000");
        assertThat(refusal.getMessage()).contains("1048577", "1048576");
        assertThat(refusal.getHint()).isNotBlank();
    }

    @Test
    void aTriggerPublishesWithItsStatement() throws SQLException {
        sql.run("create table rt.orders (id integer primary key);"
                + " create function rt.on_order() returns trigger language plpgsql as $$ begin"
                + " perform rt.publish('acme', 'orders.' || lower(tg_op), id => 'order-' || new.id);"
                + " return null; end $$;"
                + " create trigger on_order after insert or update on rt.orders"
                + " for each row execute function rt.on_order()");
        sql.run("insert into rt.orders values (1), (2)");

        node.awaitIds(List.of("order-1", "order-2"));
    }

    @Test
    void aBlockOfPlpgsqlPublishesWhatItDidNotRollBack() throws SQLException {
        sql.run("do $$ begin perform rt.publish('acme', 'e', id => 'kept-1');"
                + " begin perform rt.publish('acme', 'e', id => 'undone'); raise exception 'oops';"
                + " exception when raise_exception then null; end;"
                + " perform rt.publish('acme', 'e', id => 'kept-2'); end $$");

        node.awaitIds(List.of("kept-1", "kept-2"));
    }

    @Test
    void whatIsRolledBackIsNeverHeard() throws SQLException {
        sql.begin().publish("undone").rollback();
        sql.begin().publish("kept-1").run("savepoint s").publish("undone-too");
        sql.run("rollback to s").publish("kept-2").commit();

        node.awaitIds(List.of("kept-1", "kept-2"));
        assertThat(store.logged()).containsExactly("kept-1", "kept-2");
    }

    @Test
    void nothingIsHeardBeforeTheCommit() throws Exception {
        sql.begin().publish("open");
        node.publish(Envelopes.withId(ORG, "other"));
        node.awaitIds(List.of("other"));
        sql.commit();

        node.awaitIds(List.of("other", "open"));
    }

    @Test
    void badInputIsRefusedWithAStateAndAHintAndTheTransactionGoesOn() throws SQLException {
        sql.begin().publish("before").run("savepoint s");

        for (String row : BAD_INPUT.split("\n")) {
            String[] cells = row.split(" \\| ");
            ServerErrorMessage refusal = sql.refusal("select rt.publish(" + cells[0] + ")");
            assertThat(refusal.getSQLState()).as(row).isEqualTo(cells[1]);
            assertThat(refusal.getHint()).as(row).isNotBlank();
            sql.run("rollback to s");
        }

        sql.publish("after").commit();
        node.awaitIds(List.of("before", "after"));
    }

    @Test
    void usersOfEveryVisibleCharacterButTwoAreTaken() throws SQLException {
        String users = "select array_agg(chr(c) order by c) from generate_series(33, 126) c where c not in (34, 92)";
        for (String setting : List.of("on", "off")) {
            sql.run("set standard_conforming_strings = " + setting);
            String id = sql.value("select rt.publish('acme', 'e', user_ids => (" + users + "))");
            node.sink().awaitId(id);
        }

        assertThat(heard()).allSatisfy(event -> assertThat(event.audience()).hasSize(92));
    }

    @Test
    void aReadOnlyTransactionIsRefusedWithAHint() throws SQLException {
        sql.run("begin read only");

        ServerErrorMessage refusal = sql.refusal("select rt.publish('acme', 'e')");

        assertThat(refusal.getSQLState()).isEqualTo("25006");
        assertThat(refusal.getHint()).contains("primary");
    }

    @Test
    void whoWasNotGrantedItCannotPublishAndWhoWasNeedsNothingElse() throws SQLException {
        String role = "role_" + store.schema();
        sql.run("create role " + role + "; set role " + role);
        try {
            assertThat(sql.refusal("select rt.publish('acme', 'e')").getSQLState())
                    .isEqualTo("42501");

            sql.run("reset role; grant usage on schema \"" + store.schema() + "\" to " + role);
            assertThat(refusalAs(role, "select rt.publish('acme', 'e')").getSQLState())
                    .isEqualTo("42501");

            sql.run("reset role; grant execute on function rt.publish(text, text, json, text, text[], text),"
                    + " rt.publish(text, text, text, text, text[], text) to " + role + "; set role " + role);
            String id = sql.value("select rt.publish('acme', 'e')");
            node.sink().awaitId(id);
        } finally {
            sql.run("reset role; drop owned by " + role + "; drop role " + role);
        }
    }

    @Test
    void aCallersSearchPathChangesNothing() throws SQLException {
        sql.run("create domain rt.json as text check (false); create domain rt.text as integer;"
                + " create function rt.octet_length(bytea) returns integer language sql return 1 / 0;"
                + " set search_path = \"" + store.schema() + "\", pg_catalog");

        String fromText = sql.value("select publish('acme', 'e', '{}'::pg_catalog.text)");
        String fromJsonb = sql.value("select publish('acme', 'e', '{}'::pg_catalog.jsonb)");

        node.awaitIds(List.of(fromText, fromJsonb));
    }

    @ParameterizedTest
    @ValueSource(strings = {"read committed", "repeatable read", "serializable"})
    void everyIsolationLevelPublishes(String level) throws SQLException {
        sql.run("begin isolation level " + level).publish("one").publish("two").commit();

        node.awaitIds(List.of("one", "two"));
    }

    @Test
    void aPreparedTransactionIsHeardWhenItIsCommitted() throws SQLException {
        String gid = "gid_" + store.schema();
        sql.begin().run("set local realtime.hint = off").publish("prepared").run("prepare transaction '" + gid + "'");
        sql.publish("meanwhile");
        node.awaitIds(List.of("meanwhile"));

        sql.run("commit prepared '" + gid + "'");

        node.awaitIds(List.of("meanwhile", "prepared"));
    }

    @Test
    void aPreparedTransactionThatIsRolledBackIsNot() throws SQLException {
        String gid = "gid_" + store.schema();
        sql.begin().run("set local realtime.hint = off").publish("prepared").run("prepare transaction '" + gid + "'");
        sql.run("rollback prepared '" + gid + "'").publish("later");

        node.awaitIds(List.of("later"));
    }

    @Test
    void whatWasCommittedBeforeAPublishBeganHasTheLowerOffset() throws Exception {
        List<String> ids = new ArrayList<>();
        try (Session other = store.session()) {
            for (int i = 0; i < 60; i++) {
                String id = "event-" + i;
                ids.add(id);
                switch (i % 4) {
                    case 0 -> sql.publish(id);
                    case 1 -> node.publish(Envelopes.withId(ORG, id));
                    case 2 -> other.begin().publish(id).commit();
                    default -> node.publish(List.of(Envelopes.withId(ORG, id)));
                }
            }
        }

        node.awaitIds(ids);
        assertThat(store.logged()).isEqualTo(ids);
    }

    @Test
    void withinATransactionTheOrderIsKept() throws SQLException {
        List<String> ids = IntStream.range(0, 300)
                .mapToObj(i -> "event-" + (997 * i % 300))
                .toList();
        sql.begin();
        for (String id : ids) {
            sql.publish(id);
        }
        sql.commit();

        node.awaitIds(ids);
    }

    @Test
    void anIdIsPublishedOnceHoweverOftenAndByWhichDoorItComes() throws Exception {
        node.publish(Envelopes.withId(ORG, "one"));
        sql.publish("one").publish("two").publish("two");
        sql.begin().publish("three").publish("three").commit();
        node.awaitIds(List.of("one", "two", "three"));
        node.publish(Envelopes.withPayload(
                Envelopes.withNames(Envelopes.withId(ORG, "three"), "orders.updated", "events"), JsonPayload.EMPTY));
        sql.publish("four");

        node.awaitIds(List.of("one", "two", "three", "four"));
        assertThat(store.logged()).containsExactly("one", "two", "three", "four");
    }

    @Test
    void theSameIdOfAnotherOrganisationIsAnotherEvent() throws SQLException {
        sql.run("select rt.publish('acme', 'e', id => 'x'), rt.publish('globex', 'e', id => 'x')");

        node.awaitIds(List.of("x", "x"));
    }

    @Test
    void aSleepingSealerIsWokenWellBeforeTheSafetyPoll() throws SQLException {
        List<Duration> waits = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            awaitAsleep();
            waits.add(untilHeard("asleep-" + i));
        }
        assertThat(median(waits)).isLessThan(WELL_BEFORE_THE_POLL);
    }

    @Test
    void anAwakeSealerFindsWhatCameWithoutAHint() throws SQLException {
        sql.publish("wakes");
        List<Duration> waits = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            waits.add(untilHeard("awake-" + i));
        }
        assertThat(median(waits)).isLessThan(WELL_BEFORE_THE_POLL);
    }

    private Duration untilHeard(String id) throws SQLException {
        long begun = System.nanoTime();
        sql.publish(id);
        await().until(() -> node.sink().ids().contains(id));
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    /** Of half of them it is not asked what the machine did meanwhile. */
    private static Duration median(List<Duration> waits) {
        return waits.stream().sorted().toList().get(waits.size() / 2);
    }

    @Test
    void aCancelledPublishLeavesNoLockBehind() throws SQLException {
        sql.run("set statement_timeout = 1");
        for (int i = 0; i < 200; i++) {
            try {
                sql.value("select count(rt.publish('acme', 'e')) from generate_series(1, 200)");
            } catch (SQLException cancelled) {
                assertThat(cancelled.getSQLState()).isEqualTo("57014");
            }
        }
        sql.run("reset statement_timeout");

        assertThat(sql.value("select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'"))
                .isEqualTo("0");
    }

    @Test
    void psqlPublishesAsAnybodyDoes(@TempDir Path folder) throws Exception {
        assumeTrue(onThePath("psql"), "there is no psql on the PATH");
        Path script = Files.writeString(folder.resolve("publish.sql"), store.in("""
                        \\set id from-psql-2
                        select rt.publish('acme', 'orders.updated', '{"by": "psql"}', id => 'from-psql-1');
                        begin;
                        select rt.publish('acme', 'orders.updated', id => 'undone');
                        rollback;
                        begin;
                        select rt.publish('acme', 'orders.updated', id => :'id');
                        savepoint s;
                        select rt.publish('acme', 'orders.updated', '{oops');
                        rollback to s;
                        select rt.publish('acme', 'orders.updated', json_build_object('a', 1), id => 'from-psql-3');
                        commit;
                        """));

        String said = run("psql", "-X", "-d", Store.server().url(), "-f", script.toString());

        node.awaitIds(List.of("from-psql-1", "from-psql-2", "from-psql-3"));
        assertThat(said).contains("payload: is not JSON", "HINT:");
    }

    private static boolean onThePath(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).as(said).isTrue();
        return said;
    }

    private ServerErrorMessage refusalAs(String role, String statement) throws SQLException {
        sql.run("set role " + role);
        return sql.refusal(statement);
    }

    private void awaitAsleep() {
        await().until(() -> !isAwake());
    }

    /** Whether a sealer has the seat. Asked in a session of its own: this one may be inside a transaction. */
    private boolean isAwake() throws SQLException {
        try (Session other = store.session()) {
            return other.truth("select exists (select from pg_locks l, rt.awake_key() k where l.locktype = 'advisory'"
                    + " and l.classid = k.space::oid and l.objid::bigint = k.key::bigint & 4294967295"
                    + " and l.mode = 'ExclusiveLock')");
        }
    }

    private List<Envelope> heard() {
        return node.sink().entries().stream().map(LogEntry::envelope).toList();
    }

    private Envelope onlyHeard() {
        assertThat(heard()).hasSize(1);
        return heard().get(0);
    }
}
