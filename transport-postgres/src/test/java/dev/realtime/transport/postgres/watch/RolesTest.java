package dev.realtime.transport.postgres.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.Measured;
import dev.realtime.transport.testkit.Envelopes;
import java.net.URI;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.util.ServerErrorMessage;

/** Who may do what, each logged in with a password of its own. */
class RolesTest {
    private static final List<String> NOT_FOR_PUBLISHERS = List.of(
            "select * from rt.log",
            "select * from rt.stage",
            "select * from rt.events",
            "insert into rt.stage (org_id, id, event, topic, payload) values ('a', 'b', 'c', 'd', '')",
            "select rt.seal(10)",
            "select rt.append('{1}', '{a}', '{b}', '{c}', '{d}', '{null}', '{0}', '{x}')",
            "select rt.trim(10)",
            "select rt.claim('k', 1000)",
            "select rt.forget_claims(10)",
            "select * from rt.claim",
            "select rt.settle()");

    private static final List<String> NOT_FOR_LISTENERS = List.of(
            "select rt.publish('acme', 'e')",
            "select rt.stage_pings('t', 'r', 'id', '{a}', '{update}', array[jsonb '1'])",
            "select rt.stage_ping('t', 'r', 'a', 'update', '1')",
            "select rt.watch('pg_class')",
            "select * from rt.stage",
            "insert into rt.log select * from rt.log",
            "delete from rt.log",
            "update rt.store set replay_window = '1 second'",
            "select * from rt.gate",
            "select * from rt.claim",
            "insert into rt.claim values ('k', now())",
            "delete from rt.claim",
            "delete from rt.tick");

    private static final List<String> FOR_THE_OWNER = List.of(
            "create table rt.mine (id integer)",
            "create function rt.mine() returns integer language sql return 1",
            "alter table rt.log add column mine integer",
            "drop table rt.log",
            "alter function rt.epoch() volatile",
            "update rt.schema_history set success = false",
            "select rt.grant_publisher(current_user::regrole)",
            "select rt.grant_listener(current_user::regrole)");

    private WatchedTables tables;
    private Session admin;
    private String role;

    @BeforeEach
    void create() throws SQLException {
        tables = new WatchedTables();
        admin = tables.sql();
        role = "role_" + tables.store().schema();
        admin.run("create role " + role + " login password 'its own'");
    }

    @AfterEach
    void drop() throws SQLException {
        admin.run("reset role; drop owned by " + role + "; drop role " + role);
        tables.close();
    }

    @Test
    void aStrangerMayNothing() throws SQLException {
        try (Session stranger = login()) {
            NOT_FOR_PUBLISHERS.forEach(statement -> assertRefused(stranger, statement));
            NOT_FOR_LISTENERS.forEach(statement -> assertRefused(stranger, statement));
            FOR_THE_OWNER.forEach(statement -> assertRefused(stranger, statement));
            assertRefused(stranger, "select rt.position()");
            assertRefused(stranger, "select rt.watch('pg_class')");
        }
    }

    @Test
    void aPublisherPublishesAndNothingElse() throws SQLException {
        Node node = tables.store().node();
        admin.value("select rt.grant_publisher('" + role + "')");
        try (Session publisher = login()) {
            String fromText = publisher.value("select rt.publish('acme', 'e', '{}')");
            String fromJson = publisher.value("select rt.publish('acme', 'e', '{}'::json)");
            String fromJsonb = publisher.value("select rt.publish('acme', 'e', '{}'::jsonb)");
            node.awaitIds(List.of(fromText, fromJson, fromJsonb));
            assertThat(publisher.value("select rt.position()"))
                    .endsWith(node.sink().entries().get(2).position().check());

            NOT_FOR_PUBLISHERS.forEach(statement -> assertRefused(publisher, statement));
            FOR_THE_OWNER.forEach(statement -> assertRefused(publisher, statement));

            admin.value("select rt.revoke_all('" + role + "')");
            assertRefused(publisher, "select rt.publish('acme', 'e')");
        }
    }

    @Test
    void aListenerRunsAnInstance() throws Exception {
        admin.value("select rt.grant_listener('" + role + "')");
        admin.value("select rt.grant_listener('" + role + "')");
        Node node = tables.store()
                .start(Map.of("DATABASE_URL", url(), "REALTIME_MIGRATE", "false"))
                .live();

        admin.publish("by-sql");
        node.awaitIds(List.of("by-sql"));
        node.publish(Envelopes.withId(Store.ORG, "direct"));
        node.awaitIds(List.of("by-sql", "direct"));

        assertThat(node.adapter().range(Store.ORG).head().offset()).isEqualTo(2);
        try (Session listener = login()) {
            admin.run("update rt.log set logged_at = logged_at - interval '1 hour'");
            Store.await().until(() -> listener.value("select rt.trim(100)").equals("0"));
            assertThat(admin.column("select id from rt.log")).isEmpty();
            assertThat(listener.truth("select rt.settle()")).isFalse();
            assertThat(listener.truth("select rt.claim('k', 60000)")).isTrue();
            assertThat(listener.value("select rt.forget_claims(10)")).isEqualTo("0");
            assertThat(listener.value("select rt.position()")).matches("[0-9a-f]{12}-2-[0-9a-f]{6}");
            NOT_FOR_LISTENERS.forEach(statement -> assertRefused(listener, statement));
            FOR_THE_OWNER.forEach(statement -> assertRefused(listener, statement));
        }
    }

    @Test
    void aListenerSeesWhatWaitsAndWhatIsWatched() throws SQLException {
        admin.value("select rt.grant_listener('" + role + "')");
        admin.run("create table orders (id integer primary key)").run("select rt.watch('orders')");
        Node node = tables.store()
                .start(Map.of("DATABASE_URL", url(), "REALTIME_MIGRATE", "false"))
                .live();

        try (Session listener = login()) {
            assertThat(listener.column("select resource from rt.watched")).containsExactly("orders");
        }
        Store.await()
                .untilAsserted(() -> assertThat(((Measured) node.adapter()).measures())
                        .filteredOn(measure -> measure.name().equals("realtime.postgres.staged.events"))
                        .singleElement()
                        .satisfies(measure ->
                                assertThat(measure.value().getAsDouble()).isZero()));
    }

    @Test
    void aMigratorNeedsNoMoreThanToCreateASchema() throws SQLException {
        String schema = "own_" + tables.store().schema();
        admin.run("grant create on database " + admin.value("select current_database()") + " to " + role);
        Node node = tables.store()
                .start(Map.of("DATABASE_URL", url(), "REALTIME_SCHEMA", schema))
                .live();

        try (Session migrator = login()) {
            migrator.value("select " + schema + ".grant_publisher('" + role + "')");
            String id = migrator.value("select " + schema + ".publish('acme', 'e')");
            node.awaitIds(List.of(id));
        }
        node.adapter().close();
    }

    @Test
    void thereIsNothingForPublicAndDefinersPinTheirSearchPath() throws SQLException {
        admin.run("create table orders (id integer primary key)");
        admin.value("select rt.watch('orders')");
        String ours = " in ('" + tables.store().schema() + "'::regnamespace, '" + tables.app() + "'::regnamespace)";

        assertThat(admin.column("select p.oid::regprocedure from pg_proc p,"
                        + " aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
                        + " where a.grantee = 0 and p.pronamespace" + ours))
                .isEmpty();
        assertThat(admin.column("select c.oid::regclass from pg_class c, aclexplode(c.relacl) a"
                        + " where a.grantee = 0 and c.relnamespace" + ours))
                .isEmpty();
        assertThat(admin.column("select p.oid::regprocedure from pg_proc p where p.prosecdef and p.pronamespace" + ours
                        + " and not 'search_path=pg_catalog, pg_temp' = any (coalesce(p.proconfig, '{}'))"))
                .isEmpty();
        assertThat(admin.value("select count(*) from pg_proc p where p.prosecdef and p.pronamespace" + ours))
                .isNotEqualTo("0");
    }

    @Test
    void onlyAnOwnerWhoMayPublishWatches() throws SQLException {
        admin.run("create table theirs (id integer primary key); create table owned (id integer primary key);"
                + " alter table owned owner to " + role + "; grant all on schema " + tables.app() + " to " + role
                + "; grant all on theirs to " + role);
        ServerErrorMessage ungranted = admin.refusal("select rt.watch('owned')");
        assertThat(ungranted.getSQLState()).isEqualTo("42501");
        assertThat(ungranted.getHint()).contains("grant_publisher", role);

        admin.value("select rt.grant_publisher('" + role + "')");
        try (Session owner = login()) {
            ServerErrorMessage foreign = owner.refusal("select rt.watch('" + tables.app() + ".theirs')");
            assertThat(foreign.getSQLState()).isEqualTo("42501");
            assertThat(foreign.getHint()).isNotBlank();
            assertRefused(owner, "select rt.unwatch('" + tables.app() + ".theirs')");

            owner.value("select rt.watch('" + tables.app() + ".owned')");
            assertThat(tables.pings("insert into owned values (1)")).hasSize(1);
            assertThat(owner.column("select resource from rt.watched where problem is null"))
                    .containsExactly("owned");
            admin.value("select rt.revoke_all('" + role + "')");
            assertThat(admin.refusal("insert into owned values (2)").getSQLState())
                    .isEqualTo("42501");
            assertThat(admin.value("select problem from rt.watched")).contains("may not publish");
            admin.value("select rt.grant_publisher('" + role + "')");
            assertThat(owner.truth("select rt.unwatch('" + tables.app() + ".owned')"))
                    .isTrue();
        }
    }

    @Test
    void aConditionRunsWithTheOwnersRightsWhoeverWatchesAndWhoeverWrites() throws SQLException {
        admin.run("create table owned (id integer primary key); create table secret (id integer);"
                + " create function trap() returns boolean language plpgsql immutable as $$ begin"
                + "   if (select rolsuper from pg_roles where rolname = current_user) then raise 'gained'; end if; return true; end $$;"
                + " create function who() returns text language sql as 'select current_user::text';"
                + " alter table owned owner to " + role + "; grant all on schema " + tables.app() + " to " + role);
        admin.value("select rt.grant_publisher('" + role + "')");

        admin.value("select rt.watch('owned', condition => '" + tables.app() + ".trap() and " + tables.app()
                + ".who() = ''" + role + "''')");
        assertThat(tables.pings("insert into owned values (1)")).hasSize(1);

        admin.value("select rt.watch('owned', condition => 'exists (select from " + tables.app() + ".secret)')");
        assertThat(admin.refusal("insert into owned values (2) returning id").getSQLState())
                .isEqualTo("42501");
        assertThat(admin.value("select proowner::regrole from pg_proc where proname like '%watch_owned'"
                        + " and pronamespace = '" + tables.app() + "'::regnamespace"))
                .isEqualTo(role);
    }

    private String url() {
        URI server = URI.create(Store.server().url());
        return "postgres://" + role + ":its%20own@" + server.getHost() + ":" + server.getPort() + server.getPath();
    }

    private Session login() throws SQLException {
        URI server = URI.create(Store.server().url());
        String place = "jdbc:postgresql://" + server.getHost() + ":" + server.getPort() + server.getPath();
        return new Session(DriverManager.getConnection(place, role, "its own"), tables.store()::in);
    }

    private static void assertRefused(Session session, String statement) {
        assertThat(session.refusal(statement).getSQLState()).as(statement).isEqualTo("42501");
    }
}
