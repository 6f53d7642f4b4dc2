package dev.realtime.system.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.GatewayCommand.Room;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that come back from everywhere in the log and read nothing: what they ask for is many times the heap. */
class ReplayHeapTest {
    private static final int HEAP_MEGABYTES = 64;
    private static final int EVENTS = 120;
    private static final int STALLED = 100;
    private static final String PAYLOAD = "x".repeat(100_000);

    private final List<Socket> stalled = new ArrayList<>();

    @AfterEach
    void leave() throws IOException {
        for (Socket socket : stalled) {
            socket.close();
        }
    }

    @Test
    @Fault(102)
    void replaysThatNobodyReadsLeaveTheHeapToTheOthers() throws Exception {
        Ledger ledger = new Ledger("default");
        try (GatewayDatabase database = GatewayDatabase.fresh();
                GatewayProcess gateway = GatewayProcess.starting(Room.ofHeap(HEAP_MEGABYTES), database.settings())
                        .awaitReady()) {
            List<String> cursors = new ArrayList<>(List.of(gateway.client().position()));
            for (int i = 0; i < EVENTS; i++) {
                String id = "large." + i;
                List<GatewayClient.Acknowledged> acknowledged = gateway.client()
                        .publish("{\"event\":\"large\",\"id\":\"" + id + "\",\"payload\":\"" + PAYLOAD + "\"}");
                ledger.begin().publishes(id).committed(acknowledged);
                cursors.add(acknowledged.get(0).cursor());
            }
            SseReader live = SseReader.open(gateway.address(), GatewayPair.STREAM);

            for (int i = 0; i < STALLED; i++) {
                stalled.add(resumeWithoutReading(gateway.address(), cursors.get(i)));
            }
            Patience.until("some wait for room", () -> gateway.figure("realtime_replay_pages_awaited") > STALLED / 2.0);
            new Load(gateway::client, ledger).publish(5);
            live.awaitEvents(5);
            assertThat(gateway.client().get("/readyz").status()).isEqualTo(200);

            leave();
            try (SseReader resumed = SseReader.resume(gateway.address(), GatewayPair.STREAM, cursors.get(0))) {
                resumed.awaitEvents(ledger.size());
                ledger.requireWhole(resumed);
            }
            live.close();
            assertThat(gateway.everything()).doesNotContain("OutOfMemoryError", "\tat ");
        }
    }

    private static Socket resumeWithoutReading(URI gateway, String cursor) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.getPort()));
        socket.getOutputStream()
                .write(("GET " + GatewayPair.STREAM + " HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + cursor
                                + "\r\n\r\n")
                        .getBytes(UTF_8));
        return socket;
    }
}
