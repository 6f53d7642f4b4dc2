package dev.realtime.system.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayCommand.Room;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.system.ledger.Subscriber;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bodies that are each of a size that is allowed, and together five times as large as the heap. */
class Fault32FullHeapTest {
    private static final int HEAP_MEGABYTES = 48;
    private static final int POSTERS = 60;
    private static final int ROUNDS = Soak.times(2, 20);
    private static final int STREAMS = 5;
    private static final String SPACE = " ".repeat(4_000_000);
    private static final int SLICE = 65_536;

    private final ExecutorService posters = Executors.newFixedThreadPool(POSTERS);
    private final Ledger ledger = new Ledger("default");
    private final List<SseReader> streams = new ArrayList<>();

    @AfterEach
    void leave() {
        posters.shutdownNow();
        streams.forEach(SseReader::close);
    }

    @Test
    @Fault(32)
    void moreBodiesThanTheHeapHoldsAreRefusedAndStreamsAndSmallOnesGoOn() throws Exception {
        try (GatewayProcess gateway = GatewayProcess.starting(
                        Room.ofHeap(HEAP_MEGABYTES), Map.of("REALTIME_TRANSPORT", "memory"))
                .awaitReady()) {
            for (int i = 0; i < STREAMS; i++) {
                streams.add(SseReader.open(gateway.address(), GatewayPair.STREAM));
            }
            Load load = new Load(gateway::client, ledger);
            int published = 0;
            for (int round = 0; round < ROUNDS; round++) {
                List<Future<Answer>> answers = new ArrayList<>();
                for (int i = 0; i < POSTERS; i++) {
                    String id = "large." + round + "." + i;
                    answers.add(posters.submit(() -> post(gateway, id)));
                }
                Patience.until("all of them are answered", () -> {
                    load.publish(1);
                    streams.forEach(stream -> stream.awaitEvents(ledger.size()));
                    return answers.stream().allMatch(Future::isDone);
                });
                for (Future<Answer> answer : answers) {
                    published += isPublished(answer.get()) ? 1 : 0;
                }
            }
            load.publish(1);
            streams.forEach(stream -> stream.awaitEvents(ledger.size()));
            ledger.requireWhole(streams.toArray(Subscriber[]::new));
            for (SseReader stream : streams) {
                assertThat(stream.named("realtime.open")).hasSize(1);
                assertThat(stream.gaps()).isEmpty();
            }
            System.out.printf(
                    "%,d of %,d large bodies were published, %,d events in all%n",
                    published, ROUNDS * POSTERS, ledger.size());
            assertThat(gateway.figure("realtime_bodies_refused_total")).isEqualTo(ROUNDS * POSTERS - published);
            Patience.until("their bytes are given back", () -> gateway.figure("realtime_bodies_bytes") == 0);
            assertThat(gateway.everything()).doesNotContain("OutOfMemoryError", "\tat ");
        }
    }

    private Answer post(GatewayProcess gateway, String id) throws IOException {
        Ledger.Transaction transaction = ledger.begin().publishes(id);
        byte[] body = ("[" + SPACE + "{\"event\":\"large\",\"id\":\"" + id + "\"}]").getBytes(UTF_8);
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.address().getPort())) {
            socket.setSoTimeout((int) Patience.ALL.toMillis());
            socket.getOutputStream()
                    .write(("POST /realtime/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                    + "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n")
                            .getBytes(UTF_8));
            for (int sent = 0; sent < body.length; sent += SLICE) {
                socket.getOutputStream().write(body, sent, Math.min(SLICE, body.length - sent));
            }
            Answer answer = answer(new String(socket.getInputStream().readAllBytes(), UTF_8));
            if (answer.status() == 201) {
                transaction.committed(GatewayClient.acknowledged(answer));
            } else {
                transaction.rolledBack();
            }
            return answer;
        }
    }

    private static Answer answer(String text) {
        int body = text.indexOf("\r\n\r\n");
        assertThat(body).as(text).isPositive();
        return new Answer(Integer.parseInt(text.substring(9, 12)), text.substring(body + 4), text.substring(0, body));
    }

    private static boolean isPublished(Answer answer) {
        if (answer.status() != 201) {
            assertThat(answer.status()).as(answer.body()).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("too_many_bodies");
            assertThat(answer.headers()).contains("Retry-After: 1");
        }
        return answer.status() == 201;
    }
}
