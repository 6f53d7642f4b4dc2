package dev.realtime.system.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Canary;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Tokens;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.SseReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A ticket given by one instance is good once, on whichever it is shown to. Nothing of it is ever said again. */
class TicketsOnTwoGatewaysTest {
    private static final int RACERS = 32;
    private static final String STREAM = "/realtime/stream";

    private static final Tokens TOKENS = new Tokens();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static GatewayDatabase database;
    private static GatewayProcess a;
    private static GatewayProcess b;

    @BeforeAll
    static void start() throws SQLException {
        database = GatewayDatabase.fresh();
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.put("REALTIME_AUTH", "jwt");
        settings.put("REALTIME_JWT_SECRET", TOKENS.secret());
        a = GatewayProcess.starting(settings);
        b = GatewayProcess.starting(settings);
        a.awaitReady();
        b.awaitReady();
    }

    @AfterAll
    static void stop() throws SQLException {
        a.close();
        b.close();
        database.close();
    }

    @Test
    void ofManyWhoShowOneTicketToBothOneGetsAStream() throws IOException {
        GatewayClient ann = a.client(TOKENS.of("acme"));
        for (int round = 0; round < 5; round++) {
            String ticket = ann.ticket();
            List<CompletableFuture<HttpResponse<InputStream>>> racers = new ArrayList<>();
            for (int i = 0; i < RACERS; i++) {
                racers.add(HTTP.sendAsync(request(i % 2 == 0 ? a : b, ticket), BodyHandlers.ofInputStream()));
            }
            int streams = 0;
            for (CompletableFuture<HttpResponse<InputStream>> racer : racers) {
                HttpResponse<InputStream> answer = racer.join();
                try (InputStream body = answer.body()) {
                    if (answer.statusCode() == 200) {
                        streams++;
                    } else {
                        String problem = Canary.searched("an answer", new String(body.readAllBytes(), UTF_8));
                        assertThat(answer.statusCode()).as(problem).isEqualTo(401);
                        assertThat(problem).contains("ticket_used");
                    }
                }
            }
            assertThat(streams).as("streams in round %d", round).isEqualTo(1);
        }
    }

    @Test
    void whoComesBackElsewhereWithTheCookieLosesNothing() throws Exception {
        String token = TOKENS.of("acme");
        String query = "?ticket=" + a.client(token).ticket();
        Ledger ledger = new Ledger("acme");
        HttpResponse<InputStream> first = HTTP.send(
                HttpRequest.newBuilder(a.address().resolve(STREAM + query)).build(), BodyHandlers.ofInputStream());
        String cookie = first.headers().firstValue("Set-Cookie").orElseThrow().replaceAll(";.*", "");
        Canary.watched(cookie.substring(cookie.indexOf('=') + 1));
        String cursor = a.client(token).position();
        first.body().close();
        ledger.committed(b.client(token).publish("[{\"event\":\"one\"},{\"event\":\"two\"}]"));

        Map<String, String> back = Map.of("Cookie", cookie, "Last-Event-ID", cursor);
        try (SseReader onB = SseReader.open(b.address(), STREAM + query, back)) {
            onB.awaitEvents(2);
            ledger.committed(a.client(token).publish("{\"event\":\"three\"}"));
            onB.awaitEvents(3);
            ledger.requireWhole(onB);
            assertThat(onB.named("realtime.gap")).isEmpty();
        }
    }

    @Test
    void neitherSaysAWordOfTicketsAndCookies() {
        String ticket = a.client(TOKENS.of("acme")).ticket();
        for (String path : List.of(
                STREAM + "?topics=,&ticket=" + ticket,
                STREAM + "?unknown=1&ticket=" + ticket,
                STREAM + "?ticket=" + ticket + "&ticket=" + ticket,
                STREAM + "?ticket=" + ticket.substring(0, ticket.length() - 2),
                "/realtime/position?ticket=" + ticket,
                "/nowhere/" + ticket)) {
            Answer answer = b.client().get(path);
            assertThat(answer.status()).as(answer.body()).isBetween(400, 404);
            Canary.searched("an answer", answer.body() + answer.headers());
        }
        Canary.searched("the output of A", a.everything());
        Canary.searched("the output of B", b.everything());
    }

    @Test
    void withoutAKeyThereAreNoneAndTheAnswerNamesIt() {
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.put("REALTIME_AUTH", "none");
        try (GatewayProcess keyless = GatewayProcess.ready(settings)) {
            Answer answer = keyless.client().post("/realtime/tickets", "");
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.code()).isEqualTo("tickets_off");
            assertThat(answer.body()).contains("REALTIME_TICKET_SECRET");
            assertThat(keyless.client().get(STREAM + "?ticket=x").code()).isEqualTo("tickets_off");
        }
        settings.put("REALTIME_TICKET_SECRET", Canary.fresh("ticket-secret"));
        try (GatewayProcess keyed = GatewayProcess.ready(settings)) {
            SseReader.open(keyed.address(), STREAM + "?ticket=" + keyed.client().ticket())
                    .close();
        }
    }

    private static HttpRequest request(GatewayProcess gateway, String ticket) {
        URI stream = gateway.address().resolve(STREAM + "?client=fetch&ticket=" + ticket);
        return HttpRequest.newBuilder(stream).timeout(Patience.ALL).build();
    }
}
