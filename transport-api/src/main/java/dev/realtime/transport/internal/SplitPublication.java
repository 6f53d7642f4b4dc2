package dev.realtime.transport.internal;

import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.Published;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.internal.EventIntake.Accepted;
import dev.realtime.transport.internal.OutboxQueue.Waiting;
import dev.realtime.transport.spi.LogId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A publication that goes into several logs, and is all or none in each: a part for each of them. Immutable. */
final class SplitPublication {
    /** One log's events, and which they are in the publication. */
    private record Part(Waiting waiting, List<Integer> places) {}

    private final Accepted accepted;
    private final Map<LogId, Part> parts = new LinkedHashMap<>();

    private SplitPublication(Accepted accepted) {
        this.accepted = accepted;
    }

    /** By log, in the order of their first events. */
    static SplitPublication of(Accepted accepted, Function<String, LogId> logOf) {
        SplitPublication split = new SplitPublication(accepted);
        Map<LogId, List<Integer>> places = new LinkedHashMap<>();
        List<Envelope> envelopes = accepted.envelopes();
        for (int i = 0; i < envelopes.size(); i++) {
            places.computeIfAbsent(logOf.apply(envelopes.get(i).orgId()), log -> new ArrayList<>())
                    .add(i);
        }
        places.forEach((log, which) -> split.parts.put(log, part(envelopes, which)));
        return split;
    }

    private static Part part(List<Envelope> envelopes, List<Integer> which) {
        Accepted some = new Accepted(
                which.stream().map(envelopes::get).toList(),
                IntStream.range(0, which.size()).boxed().toList());
        Publication publication = new Publication(some.ids(), new CompletableFuture<>(), new CompletableFuture<>());
        return new Part(new Waiting(some, publication), which);
    }

    Map<LogId, Waiting> byLog() {
        Map<LogId, Waiting> byLog = new LinkedHashMap<>();
        parts.forEach((log, part) -> byLog.put(log, part.waiting()));
        return byLog;
    }

    /** Is committed when all parts are, queued when all are accepted and one waits, and fails as soon as one does. */
    Publication whole() {
        Publication whole = new Publication(accepted.ids(), new CompletableFuture<>(), new CompletableFuture<>());
        List<CompletableFuture<Acceptance>> acceptances = new ArrayList<>();
        List<CompletableFuture<List<Published>>> answers = new ArrayList<>();
        for (Part part : parts.values()) {
            acceptances.add(part.waiting().publication.accepted());
            answers.add(part.waiting().publication.committed());
            part.waiting().publication.committed().exceptionally(failure -> {
                fail(whole, failure);
                return List.of();
            });
        }
        CompletableFuture.allOf(acceptances.toArray(CompletableFuture[]::new)).thenRun(() -> {
            boolean waits = acceptances.stream().anyMatch(each -> each.join() == Acceptance.QUEUED);
            whole.accepted().complete(waits ? Acceptance.QUEUED : Acceptance.COMMITTED);
        });
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenRun(() -> whole.committed().complete(inOrder()));
        return whole;
    }

    private static void fail(Publication whole, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        whole.accepted().completeExceptionally(cause);
        whole.committed().completeExceptionally(cause);
    }

    private List<Published> inOrder() {
        Published[] all = new Published[accepted.envelopes().size()];
        for (Part part : parts.values()) {
            List<Published> answers = part.waiting().publication.committed().join();
            for (int i = 0; i < answers.size(); i++) {
                all[part.places().get(i)] = answers.get(i);
            }
        }
        return accepted.answers().stream().map(index -> all[index]).toList();
    }
}
