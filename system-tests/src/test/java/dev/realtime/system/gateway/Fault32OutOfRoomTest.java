package dev.realtime.system.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.crowd.Crowd;
import dev.realtime.system.crowd.Visit;
import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayCommand.Room;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.system.ledger.Writer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A process that has too few descriptors for those who come, or too little memory for what they announce. */
class Fault32OutOfRoomTest {
    private static final int DESCRIPTORS = 250;
    /** Fewer than a listening socket lets wait. */
    private static final int TOO_MANY = 40;

    private static final int HEAP_MEGABYTES = 48;
    private static final int LARGE_BODIES = 60;
    /** Not even JSON, but of a size that is allowed. */
    private static final byte[] NO_JSON = "x".repeat(4_000_000).getBytes(US_ASCII);

    private static final int EVENTS = 20;

    @Test
    @Fault(32)
    void withoutDescriptorsSomeWaitTheOthersGoOnAndAllIsWellAgainWhenTheyLeave() throws IOException, SQLException {
        Ledger ledger = new Ledger("default");
        try (GatewayDatabase database = GatewayDatabase.fresh();
                GatewayProcess gateway = GatewayProcess.starting(Room.ofDescriptors(DESCRIPTORS), database.settings())
                        .awaitReady();
                Writer sql = new Writer(database.connect(), ledger);
                SseReader always = SseReader.open(gateway.address(), GatewayPair.STREAM)) {
            int free = DESCRIPTORS - (int) gateway.figure("process_files_open_files");
            try (Crowd crowd = new Crowd(gateway.address().getPort())) {
                for (int i = 0; i < free + TOO_MANY; i++) {
                    crowd.enter(Visit.staying("nothing"));
                }
                crowd.hearUntil("the first are served", visit -> visit.wasHandedOver() || served(crowd) > free / 2);
                Patience.until(
                        "there is no descriptor left",
                        () -> gateway.everything().contains("Too many open files"));
                publish(sql, always, ledger);
                assertThat(served(crowd)).isLessThan(free + TOO_MANY);
                assertThat(crowd.cut()).as("nobody was told wrongly").noneMatch(Visit::isHarmed);
            }

            try (SseReader late = SseReader.open(gateway.address(), GatewayPair.STREAM)) {
                publish(sql, always, ledger);
                always.awaitEvents(ledger.size());
                late.awaitEvents(EVENTS);
                ledger.requireWhole(always, late);
                assertThat(always.gaps()).isEmpty();
                assertThat(always.named("realtime.open")).hasSize(1);
                Patience.until("nobody else is there", () -> gateway.figure("realtime_streams") == 2);
                Patience.until(
                        "their descriptors are free",
                        () -> gateway.figure("process_files_open_files") < DESCRIPTORS - free / 2.0);
                assertThat(gateway.client().get("/readyz").status()).isEqualTo(200);
            }
        }
    }

    /** A length is a promise: it costs its client nothing. */
    @Test
    @Fault(32)
    void whoOnlyAnnouncesLargeBodiesTakesNoMemory() throws IOException {
        List<Socket> senders = new ArrayList<>();
        try (GatewayProcess gateway = GatewayProcess.starting(
                        Room.ofHeap(HEAP_MEGABYTES), Map.of("REALTIME_TRANSPORT", "memory"))
                .awaitReady()) {
            for (int i = 0; i < LARGE_BODIES; i++) {
                senders.add(announcing(gateway));
            }
            for (Socket sender : senders) {
                sender.getOutputStream().write(NO_JSON);
                assertThat(firstLine(sender)).isEqualTo("HTTP/1.1 400 Bad Request");
                sender.close();
            }
            assertThat(gateway.everything()).doesNotContain("OutOfMemoryError");
        } finally {
            close(senders);
        }
    }

    /** A client that announces a large body, and has sent nothing of it. */
    private static Socket announcing(GatewayProcess gateway) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.address().getPort());
        socket.setSoTimeout((int) Patience.ALL.toMillis());
        socket.getOutputStream()
                .write(("POST /realtime/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                + "Content-Length: " + NO_JSON.length + "\r\n\r\n")
                        .getBytes(US_ASCII));
        return socket;
    }

    private static String firstLine(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII)).readLine();
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private static long served(Crowd crowd) {
        return crowd.visits().stream().filter(Visit::wasHandedOver).count();
    }

    private static void publish(Writer sql, SseReader heard, Ledger ledger) throws SQLException {
        for (int i = 0; i < EVENTS; i++) {
            sql.publish();
            heard.awaitEvents(ledger.size());
        }
    }
}
