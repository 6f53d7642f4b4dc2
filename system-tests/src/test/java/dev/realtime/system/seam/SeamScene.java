package dev.realtime.system.seam;

import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Subscriber;
import dev.realtime.system.ledger.Told;
import dev.realtime.system.ledger.Writer;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * Everybody who is there while a seam throws: streams of every kind, a subscriber of the library, publishers, and the
 * ledger that judges what they were told. For one case, one thread.
 */
final class SeamScene implements AutoCloseable {
    /** How long anything may take that has to come. */
    static final Duration SOON = Duration.ofSeconds(15);

    private static final String STREAM = "/realtime/stream";
    private static final Pattern CASES = Pattern.compile("(case|census)-\\d+\\.\\d+");

    /** What can be done while a seam is armed, from the cheapest on. */
    enum Act {
        PUBLISH,
        SQL,
        LIBRARY,
        POSITION,
        OPEN,
        RESUME,
        CONTAINER,
        FILTERED,
        LEAVE,
        TICKET,
        REFUSED,
        REVOKE,
        OUTAGE,
        QUIET
    }

    private final SeamStore store;
    private final SeamWorld world;
    private final SeamTokens tokens;
    private final String name;
    private final SeamBell bell = new SeamBell();
    private final Ledger acme = new Ledger("acme");
    private final Ledger beta = new Ledger("beta");
    private final List<SeamStream> streams = new ArrayList<>();
    private final SeamStream ofBeta;
    private final SeamListener library;
    private final List<String> faults = new ArrayList<>();
    /** Over how many connections each had come before the last event. */
    private final Map<SeamStream, Integer> there = new HashMap<>();

    private int events;

    /** @param name distinguishes its events from those of other cases */
    SeamScene(SeamStore store, SeamWorld world, SeamTokens tokens, String name) {
        this.store = store;
        this.world = world;
        this.tokens = tokens;
        this.name = name;
        ofBeta = new SeamStream("beta", world.address(), STREAM, tokens.beta(), null, bell).connect();
        library = new SeamListener(world, "acme", bell);
        open("plain", STREAM, null, null);
        open("named", STREAM + "?named=true", null, null);
        open("container", STREAM, "x", null);
        require("the streams are live", () -> ofBeta.isLive() && library.isLive() && allLive());
        post(acme, tokens.acme(), 3);
        require("the first events are heard", () -> streams.stream().allMatch(stream -> stream.has(lastId())));
    }

    void act(Act act) throws SQLException {
        String cursor = streams.get(0).cursor();
        switch (act) {
            case PUBLISH -> {
                post(acme, tokens.acme(), 1);
                post(acme, tokens.acme(), 3);
                post(beta, tokens.beta(), 1);
            }
            case SQL -> bySql();
            case LIBRARY -> publish();
            case POSITION -> ask(tokens.acme()).get("/realtime/position");
            case OPEN -> settled(open("fresh", STREAM + "?named=true", null, null));
            case RESUME -> {
                post(acme, tokens.acme(), 2);
                settled(open("resumed", STREAM, null, cursor));
            }
            case CONTAINER -> settled(open("resumed by the container", STREAM, "x", cursor));
            case FILTERED -> {
                open("malformed", STREAM, null, SeamStream.NO_CURSOR);
                settled(open("filtered", STREAM + "?topics=events,custom:*&events=seam.tried,library", null, null));
                post(acme, tokens.acme(), 1);
            }
            case LEAVE -> {
                streams.remove(streams.size() - 1).close();
                bell.await(SOON, () -> world.held().get("streams") <= streams.size() + 1);
            }
            case TICKET -> ticket();
            case REFUSED -> refused();
            case REVOKE -> revoke();
            case OUTAGE -> outage(cursor);
            case QUIET -> bell.await(store.round(), () -> world.struck() != null);
        }
    }

    /** All that is wrong after the charge: everybody hears the end of it, and the books are right. */
    List<String> judge() {
        streams.forEach(this::awaitThere);
        awaitThere(ofBeta);
        streams.forEach(stream -> there.put(stream, stream.connections()));
        there.put(ofBeta, ofBeta.connections());
        String last = marker(acme, tokens.acme());
        String lastOfBeta = marker(beta, tokens.beta());
        List<Subscriber> ofAcme = new ArrayList<>(streams);
        ofAcme.add(library);
        streams.forEach(stream -> awaitHeard(stream, last));
        awaitHeard(ofBeta, lastOfBeta);
        if (!bell.await(soon(), () -> library.has(last))) {
            faults.add("silent: the library's subscriber");
        }
        if (faults.isEmpty()) {
            ofAcme.forEach(each -> judge(each, acme));
            judge(ofBeta, beta);
        }
        long struck = ofAcme.stream().filter(SeamScene::isStruck).count() + (isStruck(ofBeta) ? 1 : 0);
        if (struck > 1) {
            faults.add(struck + " streams were struck: " + ofAcme + ofBeta);
        }
        return faults;
    }

    /** What the last one came before, as a provisional copy, is still on its way. */
    private void judge(Subscriber each, Ledger ledger) {
        bell.await(soon(), () -> ledger.faults(ofThisCase(each)).isEmpty());
        ledger.faults(ofThisCase(each)).forEach(fault -> faults.add(each + ": " + fault));
    }

    /** Those of the case before may be heard by who comes before they are in the log. */
    private List<Told> ofThisCase(Subscriber each) {
        return each.told().stream()
                .filter(told -> !(told instanceof Told.Event event)
                        || event.id().startsWith(name + ".")
                        || !CASES.matcher(event.id()).matches())
                .toList();
    }

    private static boolean isStruck(Subscriber each) {
        return !each.gaps().stream().allMatch(gap -> gap.reason().equals("malformed"))
                || (each instanceof SeamStream stream && stream.connections() > 1)
                || (each instanceof SeamListener listener && listener.hasEnded());
    }

    /** After the first who hears nothing, nobody else is waited for. */
    private Duration soon() {
        return faults.isEmpty() ? SOON : Duration.ofMillis(200);
    }

    /** Whoever is not there yet would not have to hear what comes next. */
    private void awaitThere(SeamStream stream) {
        for (int attempt = 0; attempt < 3 && !stream.isLive(); attempt++) {
            if (!bell.await(soon(), () -> stream.isLive() || stream.hasEnded())) {
                faults.add("never live: " + stream);
                return;
            }
            if (stream.hasEnded()) {
                stream.connect();
            }
        }
    }

    /** Whoever was closed comes back by its cursor, as clients do. */
    private void awaitHeard(SeamStream stream, String last) {
        for (int attempt = 0; attempt < 3; attempt++) {
            boolean heard = bell.await(soon(), () -> stream.has(last) || stream.hasEnded() || beganAfterwards(stream));
            if (!heard || stream.trouble() != null) {
                faults.add("silent: " + stream + " " + stream.trouble());
                return;
            }
            if (stream.has(last) || beganAfterwards(stream)) {
                return;
            }
            stream.connect();
        }
        faults.add("ended again and again: " + stream);
    }

    /** It had to come back without a position, after the last event. */
    private boolean beganAfterwards(SeamStream stream) {
        return stream.isFresh() && stream.isLive() && stream.connections() > there.get(stream);
    }

    private String marker(Ledger ledger, String token) {
        long deadline = System.nanoTime() + SOON.toNanos();
        int size = ledger.size();
        do {
            post(ledger, token, 1);
            if (ledger.size() > size) {
                return lastId();
            }
        } while (System.nanoTime() - deadline < 0);
        faults.add("nothing more can be published");
        return lastId();
    }

    private SeamStream open(String kind, String path, String body, String cursor) {
        SeamStream stream = new SeamStream(kind, world.address(), path, tokens.acme(), body, bell).from(cursor);
        streams.add(stream.connect());
        return stream;
    }

    private boolean allLive() {
        return streams.stream().allMatch(SeamStream::isLive);
    }

    private void settled(SeamStream stream) {
        bell.await(SOON, () -> stream.isLive() || stream.hasEnded() || world.struck() != null);
    }

    /** Each is answered, whatever is thrown. */
    private void refused() {
        List<Answer> answers = List.of(
                new GatewayClient(world.address(), Map.of()).get(STREAM),
                ask(tokens.acme()).get(STREAM + "?unknown=1"),
                new GatewayClient(world.address(), Map.of()).post("[{\"event\":\"a\"}]"),
                ask(tokens.acme()).post("[{\"event\":"),
                ask(tokens.acme()).post("[{\"event\":\"a\",\"org_id\":\"beta\"}]"));
        answers.stream()
                .filter(answer -> answer.status() < 400)
                .forEach(answer -> faults.add("not refused: " + answer));
    }

    /** Whoever is revoked hears nothing more, or the operator hears that it was not done. */
    private void revoke() {
        String user = "u-" + name;
        SeamStream revoked = new SeamStream(user, world.address(), STREAM, tokens.of(user), null, bell).connect();
        if (bell.await(SOON, () -> revoked.isLive() || revoked.hasEnded())) {
            Answer answer = ask(tokens.operator())
                    .post("/realtime/revocations", "{\"org_id\":\"acme\",\"user_id\":\"" + user + "\"}");
            if (answer.status() == 201 && !bell.await(SOON, revoked::hasEnded)) {
                faults.add("revoked, and goes on: " + revoked);
            }
        } else {
            faults.add("never live: " + revoked);
        }
        revoked.close();
    }

    private void ticket() {
        Answer answer = ask(tokens.acme()).post("/realtime/tickets", "");
        if (answer.status() == 201) {
            String ticket = answer.json().path("ticket").asText();
            SeamStream stream = new SeamStream("by ticket", world.address(), STREAM, tokens.acme(), null, bell);
            streams.add(stream.connect(STREAM + "?ticket=" + ticket, null));
            settled(stream);
        }
    }

    /** Two transactions, one of several events; the tail is left to find them. */
    private void bySql() throws SQLException {
        try (Writer writer = store.writer(acme)) {
            if (writer != null) {
                writer.publish();
                writer.begin();
                writer.publish();
                writer.publish();
                writer.commit();
            }
        }
    }

    private void outage(String cursor) {
        store.away(world, true);
        post(acme, tokens.acme(), 1);
        CompletableFuture<Void> publishing = CompletableFuture.runAsync(this::publish);
        open("resumed in the dark", STREAM, null, cursor);
        store.away(world, false);
        publishing.join();
    }

    private GatewayClient ask(String token) {
        return new GatewayClient(world.address(), Map.of("Authorization", "Bearer " + token));
    }

    private synchronized String newId() {
        return name + "." + ++events;
    }

    private synchronized String lastId() {
        return name + "." + events;
    }

    private void post(Ledger ledger, String token, int count) {
        Ledger.Transaction transaction = ledger.begin();
        StringBuilder body = new StringBuilder("[");
        for (int i = 0; i < count; i++) {
            String id = newId();
            transaction.publishes(id);
            body.append(i == 0 ? "" : ",")
                    .append("{\"event\":\"seam.tried\",\"topic\":\"custom:seams\",\"payload\":{\"n\":1},\"id\":\"")
                    .append(id)
                    .append("\"}");
        }
        long begun = System.nanoTime();
        try {
            Answer answer = ask(token).post(body.append(']').toString());
            if (answer.status() == 201) {
                transaction.committed(GatewayClient.acknowledged(answer));
            } else if (answer.status() == 202) {
                transaction.committed();
            } else {
                transaction.doubtful();
                if (answer.body().contains("in time")) {
                    faults.add("a publisher was not answered before its deadline: " + answer.body());
                }
            }
        } catch (UncheckedIOException cut) {
            transaction.doubtful();
        }
        if (System.nanoTime() - begun > SOON.toNanos()) {
            faults.add("a publisher was not answered");
        }
    }

    private void publish() {
        String id = newId();
        Ledger.Transaction transaction = acme.begin().publishes(id);
        try {
            String cursor = world.publish("acme", id).get(SOON.toSeconds(), TimeUnit.SECONDS);
            transaction.committed(List.of(new Acknowledged(id, cursor)));
        } catch (TimeoutException e) {
            transaction.doubtful();
            faults.add("a publication of the library never ended");
        } catch (ExecutionException | RuntimeException | Error told) {
            transaction.doubtful();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void require(String what, java.util.function.BooleanSupplier isSo) {
        if (!bell.await(Duration.ofSeconds(30), isSo)) {
            throw new AssertionError("not in time: " + what + ": " + streams + ofBeta);
        }
    }

    @Override
    public void close() {
        streams.forEach(SeamStream::close);
        ofBeta.close();
        library.close();
    }
}
