package dev.realtime.transport.postgres.seal;

import static dev.realtime.transport.postgres.equipment.Store.ORG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.util.PSQLException;

/** What a page shows and what it hears from its snapshot's position on make up everything. */
@ExtendWith(LeakCheck.class)
class PositionTest {
    private static final int ROWS = 20;
    private static final int PAGES = 60;

    /** What a page was rendered with. */
    private record Page(Position position, Map<Integer, Integer> rows) {}

    @Test
    void aPageAndWhatItHearsFromItsPositionOnAreTheFinalState() throws Exception {
        try (Store store = new Store();
                Session reader = store.session()) {
            Node node = store.node();
            reader.run("create table rt.rows (id integer primary key, version integer not null)")
                    .run("insert into rt.rows select g, 0 from generate_series(1, " + ROWS + ") g");
            List<Page> pages = new ArrayList<>();
            AtomicInteger direct = new AtomicInteger();
            try (Racers racers = new Racers(store)) {
                for (int i = 0; i < 4; i++) {
                    racers.race(PositionTest::write);
                }
                // Somebody whose transactions begin early and commit late.
                racers.race(session -> {
                    session.begin().run("select pg_current_xact_id()");
                    write(session.run("savepoint s"));
                    session.run("select pg_sleep(0.02)").commit();
                });
                racers.race(session -> {
                    try {
                        node.publish(Envelopes.withId(ORG, "direct-" + direct.incrementAndGet()));
                    } catch (Exception e) {
                        throw new SQLException(e);
                    }
                });
                while (pages.size() < PAGES) {
                    pages.add(render(reader, pages.size() % 2 == 0));
                }
            }
            Store.await().until(() -> !reader.truth("select rt.is_staged()"));
            Map<Integer, Integer> last = rows(reader);

            assertThat(pages)
                    .allSatisfy(page -> assertThat(heardAfter(node, page)).isEqualTo(last));
            assertThat(pages.stream().map(Page::position).distinct().count()).isGreaterThan(PAGES / 4);
        }
    }

    private static void write(Session session) throws SQLException {
        int id = ThreadLocalRandom.current().nextInt(1, ROWS + 1);
        session.run("with u as (update rt.rows set version = version + 1 where id = " + id + " returning *)"
                + " select rt.publish('acme', 'row', json_build_object('id', id, 'version', version)) from u");
    }

    private static Page render(Session reader, boolean inOneStatement) throws SQLException {
        if (inOneStatement) {
            String row =
                    reader.value("select rt.position() || ' ' || string_agg(id || '=' || version, ',') from rt.rows");
            Map<Integer, Integer> rows = new HashMap<>();
            for (String one : row.split(" ")[1].split(",")) {
                rows.put(Integer.valueOf(one.split("=")[0]), Integer.valueOf(one.split("=")[1]));
            }
            return new Page(position(row.split(" ")[0]), rows);
        }
        reader.run("begin isolation level repeatable read read only");
        Map<Integer, Integer> rows = rows(reader);
        reader.run("select pg_sleep(0.005)");
        Position position = position(reader.value("select rt.position()"));
        reader.commit();
        return new Page(position, rows);
    }

    private static Map<Integer, Integer> rows(Session reader) throws SQLException {
        Map<Integer, Integer> rows = new HashMap<>();
        try (Statement statement = reader.connection().createStatement();
                ResultSet row = statement.executeQuery(reader.in().apply("select id, version from rt.rows"))) {
            while (row.next()) {
                rows.put(row.getInt(1), row.getInt(2));
            }
        }
        return rows;
    }

    /** The page's rows with all that is read from its position on applied. A version is never skipped. */
    private static Map<Integer, Integer> heardAfter(Node node, Page page) {
        Map<Integer, Integer> rows = new HashMap<>(page.rows());
        Position at = page.position();
        while (true) {
            LogPage.Entries read = (LogPage.Entries) node.adapter().read(ORG, at, 500);
            for (LogEntry entry : read.entries()) {
                String[] said = entry.envelope()
                        .payload()
                        .toString()
                        .replaceAll("[^0-9]+", " ")
                        .trim()
                        .split(" ");
                if (entry.envelope().type().equals("row")) {
                    int id = Integer.parseInt(said[0]);
                    int version = Integer.parseInt(said[1]);
                    assertThat(version).as("row %s after %s", id, page).isLessThanOrEqualTo(rows.get(id) + 1);
                    rows.merge(id, version, Math::max);
                }
            }
            if (read.entries().isEmpty()) {
                return rows;
            }
            at = read.through();
        }
    }

    @Test
    void anOldSnapshotHasAnOldPosition() throws Exception {
        try (Store store = new Store();
                Session reader = store.session();
                Session writer = store.session()) {
            Node node = store.node();
            assertThat(reader.value("select rt.position()")).endsWith("-0-0");
            writer.publish("one");
            node.awaitIds(List.of("one"));
            reader.run("begin isolation level serializable read only");
            String before = reader.value("select rt.position()");
            writer.begin().publish("two").commit();
            node.publish(Envelopes.withId(ORG, "three"));
            node.awaitIds(List.of("one", "two", "three"));

            assertThat(reader.value("select rt.position()")).isEqualTo(before);
            reader.commit();

            assertThat(before).isEqualTo(node.sink().entries().get(0).position().cursor());
            assertThat(reader.value("select rt.position()"))
                    .isEqualTo(node.sink().entries().get(2).position().cursor());
        }
    }

    @Test
    void aStandbyHasNoPositionAndPublishesNothing() throws Exception {
        try (OwnPostgres server = OwnPostgres.started()) {
            Store store = new Store(server.url(), "rt");
            store.node().adapter().close();
            Path data;
            try (Session sql = store.session()) {
                data = Path.of(sql.value("show data_directory"));
            }
            server.stop(OwnPostgres.Stop.FAST);
            Files.createFile(data.resolve("standby.signal"));
            server.start();

            try (Session standby = store.session()) {
                assertRefused(standby, "select rt.position()", "55000", "primary");
                assertRefused(standby, "select rt.publish('acme', 'e')", "25006", "primary");
                standby.begin().run("savepoint s");
                assertRefused(standby, "select rt.publish('acme', 'e')", "25006", "primary");
                standby.run("rollback to s").run("select 1").commit();
            }
        }
    }

    private static void assertRefused(Session session, String statement, String state, String hint) {
        PSQLException refused = catchThrowableOfType(PSQLException.class, () -> session.run(statement));
        assertThat(refused.getSQLState()).isEqualTo(state);
        assertThat(refused.getServerErrorMessage().getHint()).contains(hint);
    }

    private static Position position(String cursor) {
        return Position.parse(cursor).orElseThrow();
    }
}
