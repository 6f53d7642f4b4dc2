package dev.realtime.system.crowd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.GatewayCommand;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.Told;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A thousand connections are cut at once, and all come back at once. {@code mvn -Psoak} for 10,000 of them. */
class Fault22ReconnectStormTest {
    private static final int CLIENTS = Soak.times(1_000, 10_000);
    private static final int BEFORE = 5;
    private static final int MISSED = 200;
    private static final int WHILE_THEY_COME = 5;
    private static final GatewayCommand.Room ROOM = GatewayCommand.Room.ofHeap(Soak.times(128, 512));

    private final NavigableMap<Long, Integer> log = new TreeMap<>();

    @Test
    @Fault(22)
    void allComeBackAtOnceByTheirCursorsAndTheLogIsReadOnceForMany() throws IOException, SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh()) {
            long scansBefore;
            try (GatewayProcess gateway =
                            GatewayProcess.starting(ROOM, database.settings()).awaitReady();
                    Crowd crowd = new Crowd(gateway.address().getPort())) {
                for (int i = 0; i < CLIENTS; i++) {
                    crowd.enter(Visit.stayingFrom(null));
                }
                crowd.hearUntil("live", Visit::wasHandedOver);
                publish(gateway, BEFORE);
                crowd.hearUntil("all events", visit -> visit.reached(log.lastKey()));

                List<Visit> gone = crowd.cut();
                publish(gateway, MISSED);
                scansBefore = scans(database);
                for (Visit visit : gone) {
                    crowd.enter(Visit.stayingFrom(visit.last()));
                }
                publish(gateway, WHILE_THEY_COME);
                crowd.hearUntil("what they missed", visit -> visit.reached(log.lastKey()));

                assertThat(faults(gone)).as("before the cut").isEmpty();
                assertThat(faults(crowd.visits())).as("after it").isEmpty();
                assertThat(crowd.visits())
                        .hasSize(CLIENTS)
                        .allMatch(visit -> visit.events() == MISSED + WHILE_THEY_COME);
                Patience.until("nobody is counted twice", () -> gateway.figure("realtime_streams") == CLIENTS);
                assertThat(gateway.figure("realtime_mailbox_bytes")).isZero();
                assertThat(gateway.everything()).doesNotContain("OutOfMemoryError", "\tat ");
            }
            // Sessions that have ended have said what they read.
            Patience.until(
                    "its sessions have ended",
                    () -> database.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                    + " AND pid <> pg_backend_pid()")
                            .equals("0"));
            long scans = scans(database) - scansBefore;
            System.out.printf("%,d came back, %,d scans of the log%n", CLIENTS, scans);
            assertThat(scans).as("scans of the log").isLessThan(CLIENTS / 2);
        }
    }

    private List<String> faults(List<Visit> visits) {
        return visits.stream().flatMap(visit -> visit.faults(log).stream()).toList();
    }

    /** Events whose ids are their numbers. */
    private void publish(GatewayProcess gateway, int events) {
        int first = log.size();
        String body = IntStream.range(first, first + events)
                .mapToObj(number -> "{\"event\":\"storm\",\"id\":\"" + number + "\"}")
                .collect(Collectors.joining(",", "[", "]"));
        List<GatewayClient.Acknowledged> committed =
                new ArrayList<>(gateway.client().publish(body));
        committed.forEach(each -> log.put(Told.offset(each.cursor()), Integer.valueOf(each.id())));
    }

    private static long scans(GatewayDatabase database) throws SQLException {
        return Long.parseLong(database.ask("SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables"
                + " WHERE schemaname = '" + GatewayDatabase.SCHEMA + "' AND relname = 'log'"));
    }
}
