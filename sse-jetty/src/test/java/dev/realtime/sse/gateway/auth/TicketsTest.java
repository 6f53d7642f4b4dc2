package dev.realtime.sse.gateway.auth;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static dev.realtime.sse.gateway.equipment.TestGateway.in;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.StreamClient.Frame;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.testkit.checks.ManualClock;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TicketsTest {
    private static final String LISTED = "https://app.example";
    private static ManualClock clock;
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        clock = new ManualClock(Instant.now());
        gateway = TestGateway.start(
                options -> options.withClock(clock),
                "REALTIME_AUTH",
                "jwt",
                "REALTIME_JWT_SECRET",
                TestGateway.SECRET,
                "REALTIME_ALLOWED_ORIGINS",
                LISTED,
                "REALTIME_TRUSTED_PROXIES",
                "127.0.0.1");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void aTicketOpensOneStreamAndACookieBringsItsBrowserBack() {
        String ticket = ticket(ann());
        String cursor;
        String cookie;
        try (StreamClient first = gateway.stream("?ticket=" + ticket)) {
            assertThat(first.statusLine()).contains("200");
            cookie = cookie(first);
            cursor = first.awaitLive();
        }
        gateway.publish("missed", "Authorization", ann());

        refused("?ticket=" + ticket, "ticket_used");
        StreamClient again = gateway.stream("?ticket=" + ticket, "Cookie", cookie, "Last-Event-ID", cursor);
        assertThat(again.statusLine()).contains("200");
        assertThat(again.header("Set-Cookie")).isNull();
        assertThat(again.next().data()).contains("\"resumed\":true");
        assertThat(again.next().data()).contains("\"event\":\"missed\"");
    }

    @Test
    void theAnswerIsNotToBeStoredAndSaysHowLongItIsGood() {
        HttpResponse<String> answer = gateway.call("POST", "/realtime/tickets", null, "Authorization", ann());

        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).matches("\\{\"ticket\":\"[A-Za-z0-9_.-]+\",\"expires_in\":30}");
        assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(gateway.call("POST", "/realtime/tickets", null).body()).contains("token_missing");
        assertThat(gateway.call("GET", "/realtime/tickets", null).statusCode()).isEqualTo(405);
        assertThat(gateway.call("POST", "/realtime/tickets?ticket=x", null, "Authorization", ann())
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void aTokenInACookieGetsATicketForOurPagesOnly() {
        String token = "realtime_token=" + ann().substring("Bearer ".length());
        assertThat(gateway.call("POST", "/realtime/tickets", null, "Cookie", token, "Origin", LISTED)
                        .statusCode())
                .isEqualTo(201);
        HttpResponse<String> foreign =
                gateway.call("POST", "/realtime/tickets", null, "Cookie", token, "Origin", "https://evil.example");
        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).contains("origin_not_allowed").doesNotContain("\"ticket\"");
    }

    @Test
    void ofManyWhoComeAtOnceOneGetsIn() {
        String path = "/realtime/stream?client=fetch&ticket=" + ticket(ann());
        ExecutorService racers = Executors.newFixedThreadPool(16);
        try {
            List<String> answers = IntStream.range(0, 16)
                    .mapToObj(i -> racers.submit(() -> {
                        try (StreamClient stream =
                                StreamClient.open(gateway.gateway().port(), path)) {
                            return stream.statusLine();
                        }
                    }))
                    .toList()
                    .stream()
                    .map(TicketsTest::get)
                    .toList();
            assertThat(answers).filteredOn(line -> line.contains("200")).hasSize(1);
            assertThat(answers).filteredOn(line -> line.contains("401")).hasSize(15);
        } finally {
            racers.shutdownNow();
        }
    }

    @Test
    void anExpiredTicketIsOfUseToItsBrowserOnly() {
        String ticket = ticket(ann());
        String cookie = redeemed(ticket(ann()));
        clock.advance(Duration.ofSeconds(30));

        refused("?ticket=" + ticket, "ticket_expired");
        refused("?ticket=" + ticket, "ticket_expired", "Cookie", redeemed(ticket(bob())));
        assertThat(gateway.stream("?ticket=" + ticket, "Cookie", cookie).statusLine())
                .as("another tab's ticket, the same user's cookie")
                .contains("200");
    }

    @Test
    void aCookieIsGoodForTwelveHoursAndNotWithoutATicket() {
        String ticket = ticket(ann());
        String cookie = redeemed(ticket);
        refused("", "token_missing", "Cookie", cookie);
        clock.advance(Duration.ofHours(12).minusSeconds(1));
        assertThat(gateway.stream("?ticket=" + ticket, "Cookie", cookie).statusLine())
                .contains("200");
        clock.advance(Duration.ofSeconds(1));
        refused("?ticket=" + ticket, "ticket_expired", "Cookie", cookie);
    }

    @Test
    void aCookieDoesNotCountForPagesElsewhere() {
        String ticket = ticket(ann());
        String cookie = redeemed(ticket);

        HttpResponse<String> foreign =
                gateway.get("/realtime/stream?ticket=" + ticket, "Cookie", cookie, "Origin", "https://evil.example");
        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).contains("origin_not_allowed");
        assertThat(foreign.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
        assertThat(gateway.stream("?ticket=" + ticket, "Cookie", cookie, "Origin", LISTED)
                        .statusLine())
                .contains("200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "a.b", ".", "YQ.YQ", "e30.e30", "%00", "%F0%9F%98%80", "a.b.c"})
    void whatIsNoTicketOfOursIsInvalidAndNotRepeated(String text) {
        refused("?ticket=" + text, "ticket_invalid");
    }

    @Test
    void aTicketThatWasChangedIsInvalid() {
        String ticket = ticket(ann());
        for (int at : new int[] {0, 20, ticket.indexOf('.') + 1, ticket.length() - 10}) {
            char other = ticket.charAt(at) == 'A' ? 'B' : 'A';
            refused("?ticket=" + ticket.substring(0, at) + other + ticket.substring(at + 1), "ticket_invalid");
        }
        refused("?ticket=" + cookieValue(redeemed(ticket(ann()))), "ticket_invalid");
    }

    @Test
    void anotherSecretsTicketIsInvalid() {
        try (TestGateway other = TestGateway.startWithTokens("REALTIME_TICKET_SECRET", "t".repeat(32))) {
            String theirs = ticket(other, ann());
            assertThat(other.stream("?ticket=" + theirs).statusLine()).contains("200");
            refused("?ticket=" + theirs, "ticket_invalid");
            assertThat(other.get("/realtime/stream?ticket=" + ticket(ann())).body())
                    .contains("ticket_invalid");
        }
    }

    @Test
    void theCookieIsForStreamsOnlyAndAsNarrowAsItCanBe() {
        assertThat(setCookie())
                .matches("realtime_resume_[0-9a-f]{16}=[A-Za-z0-9_.-]+; Path=/realtime/stream; Max-Age=43200;"
                        + " HttpOnly; SameSite=Lax");
        assertThat(setCookie("X-Forwarded-Proto", "https")).endsWith("; HttpOnly; Secure; SameSite=Lax");
        assertThat(setCookie("X-Forwarded-Proto", "https, http")).endsWith("; HttpOnly; SameSite=Lax");
        assertThat(setCookie("Origin", LISTED)).endsWith("; HttpOnly; SameSite=Lax");
        assertThat(setCookie("X-Forwarded-Proto", "https", "Origin", LISTED))
                .endsWith("; HttpOnly; Secure; SameSite=None");
        assertThat(setCookie("X-Forwarded-Proto", "https", "Origin", "https://evil.example"))
                .endsWith("; HttpOnly; Secure; SameSite=Lax");
        assertThat(cookieName(redeemed(ticket(ann())))).isNotEqualTo(cookieName(redeemed(ticket(bob()))));
        assertThat(cookieName(redeemed(ticket(ann())))).isEqualTo(cookieName(redeemed(ticket(ann()))));
    }

    @Test
    void nobodyWhoIsNoTrustedProxySaysThatItIsSecure() {
        try (TestGateway alone = TestGateway.startWithTokens()) {
            StreamClient stream = alone.stream("?ticket=" + ticket(alone, ann()), "X-Forwarded-Proto", "https");
            assertThat(stream.header("Set-Cookie")).doesNotContain("Secure");
        }
    }

    @Test
    void aTicketHearsWhatItsTokenMayHearAndPublishesNothing() {
        String narrow = bearer(new JWTClaimsSet.Builder()
                .claim("org_id", "acme")
                .subject("ann")
                .claim("topics", List.of("news"))
                .expirationTime(in(Duration.ofDays(2))));
        String ticket = ticket(narrow);
        HttpResponse<String> forbidden = gateway.get("/realtime/stream?topics=orders&ticket=" + ticket);
        assertThat(forbidden.statusCode()).isEqualTo(403);
        assertThat(forbidden.body()).contains("topic_not_allowed");

        StreamClient stream = gateway.stream("?ticket=" + ticket);
        String cookie = cookie(stream);
        String cursor = stream.awaitLive();
        gateway.post(
                "[{\"event\":\"a\",\"topic\":\"orders\"},{\"event\":\"b\",\"topic\":\"news\","
                        + "\"user_ids\":[\"bob\"]},{\"event\":\"c\",\"topic\":\"news\",\"user_ids\":[\"ann\"]}]",
                "Authorization",
                ann());
        assertThat(stream.next().data()).contains("\"event\":\"c\"");
        StreamClient again = gateway.stream("?ticket=" + ticket, "Cookie", cookie, "Last-Event-ID", cursor);
        again.next();
        assertThat(again.next().data()).contains("\"event\":\"c\"");
        assertThat(gateway.post("{\"event\":\"a\"}", "Cookie", cookie).body()).contains("token_missing");
    }

    @Test
    void aTicketNeverOutlivesItsToken() {
        HttpResponse<String> answer = gateway.call(
                "POST",
                "/realtime/tickets",
                null,
                "Authorization",
                bearer(new JWTClaimsSet.Builder()
                        .claim("org_id", "acme")
                        .expirationTime(Date.from(clock.instant().plusSeconds(10)))));
        assertThat(answer.body()).containsPattern("\"expires_in\":(9|10)}");
    }

    @Test
    void aStreamOfATicketEndsWhenItsTokenExpires() {
        try (TestGateway now = TestGateway.startWithTokens()) {
            String brief = bearer(
                    new JWTClaimsSet.Builder().claim("org_id", "acme").expirationTime(in(Duration.ofSeconds(3))));
            StreamClient stream = now.stream("?ticket=" + ticket(now, brief));
            String cookie = stream.header("Set-Cookie");
            stream.awaitLive();
            Frame last = null;
            for (Frame frame = stream.next(); frame != null; frame = stream.next()) {
                last = frame;
            }
            assertThat(last.data()).contains("\"reason\":\"expired\"");
            assertThat(Integer.parseInt(cookie.replaceAll(".*Max-Age=(\\d+).*", "$1")))
                    .isLessThanOrEqualTo(3);
        }
    }

    @Test
    void aTokenWithTooManyTopicsGetsNoTicketAndIsToldTheLimit() {
        HttpResponse<String> answer = gateway.call(
                "POST",
                "/realtime/tickets",
                null,
                "Authorization",
                bearer(new JWTClaimsSet.Builder()
                        .claim("org_id", "acme")
                        .claim(
                                "topics",
                                IntStream.range(0, 100)
                                        .mapToObj(i -> "topic-of-some-length-" + i)
                                        .toList())));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("ticket_too_large", "\"field\":\"topics\"", "\"limit\":2000");
    }

    @Test
    void aHeadRequestUsesNothingUp() {
        String ticket = ticket(ann());
        assertThat(gateway.call("HEAD", "/realtime/stream?ticket=" + ticket, null)
                        .statusCode())
                .isEqualTo(200);
        assertThat(gateway.get("/realtime/stream?topics=,&ticket=" + ticket).statusCode())
                .isEqualTo(400);
        assertThat(gateway.stream("?ticket=" + ticket).statusLine()).contains("200");
    }

    private static String ann() {
        return longLived("acme", "ann");
    }

    private static String bob() {
        return longLived("acme", "bob");
    }

    private static String longLived(String organisation, String user) {
        return bearer(new JWTClaimsSet.Builder()
                .claim("org_id", organisation)
                .subject(user)
                .expirationTime(in(Duration.ofDays(2))));
    }

    private static String ticket(String authorization) {
        return ticket(gateway, authorization);
    }

    private static String ticket(TestGateway of, String authorization) {
        HttpResponse<String> answer = of.call("POST", "/realtime/tickets", null, "Authorization", authorization);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return answer.body().replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
    }

    /** The cookie that came for a ticket. */
    private static String redeemed(String ticket) {
        try (StreamClient stream = gateway.stream("?ticket=" + ticket)) {
            return cookie(stream);
        }
    }

    private static String setCookie(String... headers) {
        try (StreamClient stream = gateway.stream("?ticket=" + ticket(ann()), headers)) {
            return stream.header("Set-Cookie");
        }
    }

    private static String cookie(StreamClient stream) {
        return stream.header("Set-Cookie").replaceAll(";.*", "");
    }

    private static String cookieName(String cookie) {
        return cookie.substring(0, cookie.indexOf('='));
    }

    private static String cookieValue(String cookie) {
        return cookie.substring(cookie.indexOf('=') + 1);
    }

    private static void refused(String query, String code, String... headers) {
        HttpResponse<String> answer = gateway.get("/realtime/stream" + query, headers);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(401);
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
        String given = query.replaceAll(".*ticket=", "");
        if (given.length() > 5) {
            assertThat(answer.body()).doesNotContain(given);
        }
    }

    private static <T> T get(java.util.concurrent.Future<T> future) {
        try {
            return future.get();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
