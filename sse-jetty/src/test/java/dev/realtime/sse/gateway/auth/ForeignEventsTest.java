package dev.realtime.sse.gateway.auth;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nobody ever sees a foreign event: not live, not replayed, not in a gap, not in an error. What each stream may see is
 * said here a second time, apart from the code that decides it.
 */
class ForeignEventsTest {
    private static final int ORGANISATIONS = 6;
    private static final int USERS = 4;
    private static final List<String> TOPICS = List.of("orders", "orders.1", "orders.2", "users.1", "news", "n");
    private static final List<String> PATTERNS =
            List.of("orders", "orders*", "orders.*", "orders.1", "users.1", "u*", "news", "n*", "n", "*");
    private static final List<String> TYPES = List.of("made", "made.twice", "gone");
    private static final Pattern GAP = Pattern.compile("\\{\"reason\":\"[a-z_]+\",\"requested\":\"[^\"]*\","
            + "\"floor\":(null|\"[A-Za-z0-9._-]+\"),\"head\":\"[A-Za-z0-9._-]+\"}");
    private static TestGateway gateway;

    /** What was published; null users are everybody. */
    private record Said(String id, String org, String topic, String type, List<String> users, String cursor) {}

    /** Who listens to what; null lists are all. */
    private record Ear(String org, String user, List<String> allowed, List<String> topics, List<String> types) {
        boolean hears(Said said) {
            return said.org.equals(org)
                    && (said.users == null || (user != null && said.users.contains(user)))
                    && among(allowed, said.topic)
                    && among(topics, said.topic)
                    && among(types, said.type);
        }

        String token() {
            JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder().claim("org_id", org);
            if (user != null) {
                claims.subject(user);
            }
            if (allowed != null) {
                claims.claim("topics", allowed);
            }
            return bearer(claims);
        }

        String query() {
            return "?named=false" + (topics == null ? "" : "&topics=" + String.join(",", topics))
                    + (types == null ? "" : "&events=" + String.join(",", types));
        }

        private static boolean among(List<String> patterns, String name) {
            return patterns == null
                    || patterns.stream()
                            .anyMatch(pattern ->
                                    name.matches(pattern.replace(".", "\\.").replace("*", ".*")));
        }
    }

    /** A stream, who has it, and how many events had been said where it begins. */
    private record Listening(Ear ear, StreamClient stream, int from) {}

    @BeforeAll
    static void start() {
        gateway = TestGateway.start(
                options -> options.withHeartbeat(Duration.ofMillis(400)),
                "REALTIME_AUTH",
                "jwt",
                "REALTIME_JWT_SECRET",
                TestGateway.SECRET);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 77, 20_261_124})
    void everyStreamGetsExactlyWhatItMayHearAndAskedFor(long seed) {
        Random random = new Random(seed);
        List<Said> said = new ArrayList<>();
        say(random, said, 20);
        List<Listening> listening = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            listening.add(live(ear(random), said.size()));
        }
        say(random, said, 120);
        for (int i = 0; i < 30; i++) {
            listening.add(resumed(ear(random), said, random.nextInt(said.size())));
        }
        say(random, said, 60);
        String last = said.get(said.size() - 1).cursor();
        for (Listening each : listening) {
            List<String> expected = said.subList(each.from, said.size()).stream()
                    .filter(each.ear::hears)
                    .map(Said::id)
                    .toList();
            assertThat(heard(each.stream, last)).as("%s", each.ear).isEqualTo(expected);
            each.stream.close();
        }
        assertThat(said.stream().filter(each -> listening.stream().anyMatch(one -> one.ear.hears(each))))
                .as("enough is heard for this to say something")
                .hasSizeGreaterThan(said.size() / 3);
    }

    private static Listening live(Ear ear, int from) {
        StreamClient stream = gateway.stream(ear.query(), "Authorization", ear.token());
        stream.awaitLive();
        return new Listening(ear, stream, from);
    }

    /** After an event of any organisation: cursors are global. */
    private static Listening resumed(Ear ear, List<Said> said, int after) {
        StreamClient stream = gateway.stream(
                ear.query(),
                "Authorization",
                ear.token(),
                "Last-Event-ID",
                said.get(after).cursor());
        return new Listening(ear, stream, after + 1);
    }

    /** A credential and a question that can have an answer. */
    private static Ear ear(Random random) {
        while (true) {
            List<String> allowed = random.nextInt(3) == 0 ? null : some(random, PATTERNS);
            List<String> topics = random.nextInt(3) == 0 ? null : some(random, PATTERNS);
            List<String> types = random.nextInt(3) > 0 ? null : some(random, List.of("made", "made*", "gone", "g*"));
            Ear ear =
                    new Ear(organisation(random), random.nextInt(4) == 0 ? null : user(random), allowed, topics, types);
            if (gateway.call("HEAD", "/realtime/stream" + ear.query(), null, "Authorization", ear.token())
                            .statusCode()
                    == 200) {
                return ear;
            }
            assertThat(topics).as("only a question can be refused").isNotNull();
        }
    }

    private static void say(Random random, List<Said> said, int events) {
        String service =
                bearer(new JWTClaimsSet.Builder().claim("org_id", "service").claim("publish_any_org", true));
        for (int i = 0; i < events; i++) {
            String id = "e" + said.size() + "-" + Long.toHexString(random.nextLong());
            String org = organisation(random);
            String topic = one(random, TOPICS);
            String type = one(random, TYPES);
            List<String> users = random.nextInt(3) > 0 ? null : List.of(user(random), user(random));
            HttpResponse<String> answer = gateway.post(
                    "{\"id\":\"" + id + "\",\"org_id\":\"" + org + "\",\"topic\":\"" + topic + "\",\"event\":\"" + type
                            + "\"" + (users == null ? "" : ",\"user_ids\":[\"" + String.join("\",\"", users) + "\"]")
                            + "}",
                    "Authorization",
                    service);
            assertThat(answer.statusCode()).isEqualTo(201);
            said.add(new Said(id, org, topic, type, users, found("\"cursor\":\"([^\"]+)\"", answer.body())));
        }
    }

    /** The ids of all events up to this position, in the order in which they came. */
    private static List<String> heard(StreamClient stream, String last) {
        List<String> ids = new ArrayList<>();
        for (StreamClient.Frame frame = stream.next(); frame != null; frame = stream.next()) {
            assertThat(frame.event()).isIn(null, "realtime.open", "realtime.live", "realtime.position");
            if (frame.event() == null && frame.data() != null) {
                ids.add(found("\"id\":\"([^\"]+)\"", frame.data()));
            }
            boolean moves = frame.event() == null || frame.event().equals("realtime.position");
            if (moves && frame.id() != null && offset(frame.id()) >= offset(last)) {
                return ids;
            }
        }
        throw new AssertionError("ended at " + ids);
    }

    private static long offset(String cursor) {
        return Long.parseLong(cursor.split("-")[1]);
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(1);
    }

    private static String organisation(Random random) {
        return "org" + random.nextInt(ORGANISATIONS);
    }

    private static String user(Random random) {
        return "user" + random.nextInt(USERS);
    }

    private static String one(Random random, List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static List<String> some(Random random, List<String> of) {
        List<String> some = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            some.add(one(random, of));
        }
        return some;
    }

    @Test
    void aGapSaysNothingOfOthers() {
        String own = gateway.publish("own", "Authorization", bearer("gaps"));
        String foreign = gateway.publish("secret", "Authorization", bearer("others"));
        for (String organisation : List.of("gaps", "nobody.ever")) {
            assertThat(gap(organisation, forged(foreign))).isEqualTo(gap(organisation, forged(own)));
            assertThat(gap(organisation, beyond(foreign))).isEqualTo(gap(organisation, beyond(own)));
            assertThat(gap(organisation, "no cursor")).contains("malformed");
        }
    }

    private static String forged(String cursor) {
        return cursor.substring(0, cursor.lastIndexOf('-')) + "-ffffff";
    }

    private static String beyond(String cursor) {
        return cursor.replaceFirst("-[0-9]+-", "-999999-");
    }

    /** What a stream is told that comes with this cursor, without the cursor. */
    private static String gap(String organisation, String cursor) {
        try (StreamClient stream = gateway.stream("", "Authorization", bearer(organisation), "Last-Event-ID", cursor)) {
            StreamClient.Frame gap = stream.next();
            assertThat(gap.event()).isEqualTo("realtime.gap");
            assertThat(gap.id()).isNull();
            assertThat(gap.data()).matches(GAP);
            return gap.data().replace(cursor, "…");
        }
    }

    @Test
    void aForeignCursorIsAnsweredAsOnesOwn() {
        String own = gateway.publish("own", "Authorization", bearer("cursors"));
        String foreign = gateway.publish("secret", "Authorization", bearer("others"));
        for (String organisation : List.of("cursors", "nobody.ever")) {
            List<StreamClient.Frame> answers = new ArrayList<>();
            for (String cursor : List.of(own, foreign)) {
                try (StreamClient stream =
                        gateway.stream("", "Authorization", bearer(organisation), "Last-Event-ID", cursor)) {
                    StreamClient.Frame open = stream.next();
                    assertThat(open.id()).isEqualTo(cursor);
                    answers.add(new StreamClient.Frame(open.event(), null, open.retry(), open.data()));
                    assertThat(stream.next().event()).isEqualTo("realtime.live");
                }
            }
            assertThat(answers.get(1)).isEqualTo(answers.get(0));
        }
    }

    @Test
    void anErrorIsTheSameWhetherAForeignThingExistsOrNot() {
        String theirs = "{\"event\":\"secret\",\"topic\":\"secret.topic\",\"id\":\"taken\",\"org_id\":\"theirs\"}";
        gateway.post(theirs, "Authorization", bearer("theirs"));
        String mine = bearer(new JWTClaimsSet.Builder()
                .claim("org_id", "mine")
                .claim("topics", List.of("a*"))
                .claim("publish_topics", List.of("a*")));

        assertThat(gateway.post(theirs, "Authorization", mine).body())
                .isEqualTo(
                        gateway.post(theirs.replace("theirs", "nobody").replace("taken", "free"), "Authorization", mine)
                                .body())
                .contains("organisation_not_allowed")
                .doesNotContain("theirs");
        assertThat(gateway.post("{\"event\":\"x\",\"topic\":\"secret.topic\"}", "Authorization", mine)
                        .body())
                .isEqualTo(gateway.post("{\"event\":\"x\",\"topic\":\"no.such\"}", "Authorization", mine)
                        .body())
                .contains("topic_not_allowed");
        assertThat(gateway.get("/realtime/stream?topics=secret.topic", "Authorization", mine)
                        .body()
                        .replace("secret.topic", "…"))
                .isEqualTo(gateway.get("/realtime/stream?topics=no.such", "Authorization", mine)
                        .body()
                        .replace("no.such", "…"));
        assertThat(gateway.post("{\"event\":\"x\",\"topic\":\"a\",\"id\":\"taken\"}", "Authorization", mine)
                        .statusCode())
                .as("an id is an organisation's own")
                .isEqualTo(201);
    }
}
