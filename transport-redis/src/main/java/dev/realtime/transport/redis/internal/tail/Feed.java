package dev.realtime.transport.redis.internal.tail;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.LogRefusedException;
import dev.realtime.transport.redis.internal.connect.Reply;
import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.redis.internal.connect.Timing;
import dev.realtime.transport.redis.internal.log.Acknowledged;
import dev.realtime.transport.redis.internal.log.OrgKeys;
import dev.realtime.transport.redis.internal.log.ReadScript;
import dev.realtime.transport.redis.internal.log.Seen;
import dev.realtime.transport.redis.internal.log.VerifyScript;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import io.lettuce.core.KeyValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the logs of followed organisations, many at a time, and tells the sink. For the thread of {@link Tail} only;
 * every method throws {@link dev.realtime.transport.TransportUnavailableException} when the session is lost.
 */
public final class Feed {
    /** Pages under way at once. */
    private static final int PAGES = 16;
    /** Small answers under way at once. */
    private static final int LOOKS = 256;

    private static final int PAGE_EVENTS = 500;
    private static final byte[] EPOCH = "epoch".getBytes(UTF_8);
    private static final byte[] HEAD = "head".getBytes(UTF_8);
    private static final byte[] CHECK = "check".getBytes(UTF_8);

    private static final Logger LOG = LoggerFactory.getLogger("dev.realtime.transport.redis");

    private final ReadScript script;
    private final VerifyScript verifies;
    private final Acknowledged acknowledged;
    private final String prefix;
    private final long touchNanos;
    private final Interest interest;
    private final DeliverySink sink;
    /** Organisations whose log the server will not read, and why. */
    private final Map<String, String> refused = new LinkedHashMap<>();

    public Feed(
            ReadScript script,
            VerifyScript verifies,
            Acknowledged acknowledged,
            String prefix,
            Duration window,
            Interest interest,
            DeliverySink sink) {
        this.script = script;
        this.verifies = verifies;
        this.acknowledged = acknowledged;
        this.prefix = prefix;
        this.touchNanos = Timing.metaTouch(window).toNanos();
        this.interest = interest;
        this.sink = sink;
    }

    /** Looks in a new session for what this instance heard in those before. */
    void verifyHeard(Session session, Collection<Followed> followed) {
        List<Followed> known =
                followed.stream().filter(each -> each.position != null).toList();
        inChunks(known, some -> {
            List<CompletableFuture<VerifyScript.Verdict>> looks = some.stream()
                    .map(each -> verifies.run(session, heard(session, each)))
                    .toList();
            for (int i = 0; i < some.size(); i++) {
                Future<VerifyScript.Verdict> look = looks.get(i);
                String orgId = some.get(i).orgId;
                refusal(() -> told(session.await(look), orgId)); // and found missing when it can be read again
            }
        });
    }

    /** Looks for what this instance acknowledged in sessions before this one, also if that became known only now. */
    void verifyAcknowledged(Session session) {
        inChunks(acknowledged.strangersTo(session), some -> {
            List<CompletableFuture<VerifyScript.Verdict>> looks =
                    some.stream().map(each -> verifies.run(session, each)).toList();
            for (int i = 0; i < some.size(); i++) {
                Future<VerifyScript.Verdict> look = looks.get(i);
                Seen seen = some.get(i);
                refusal(() -> {
                    VerifyScript.Verdict verdict = session.await(look);
                    acknowledged.looked(seen, session, verdict.epoch());
                    told(verdict, seen.orgId());
                });
            }
        });
    }

    private static Seen heard(Session session, Followed one) {
        return new Seen(one.orgId, Objects.requireNonNull(one.position), one.heardNanos, session);
    }

    private static boolean told(VerifyScript.Verdict verdict, String orgId) {
        if (verdict.begun()) {
            LOG.warn("redis: the log of {} has lost its tail: a new epoch begins, every stream is told a gap", orgId);
        }
        return verdict.begun();
    }

    /** Tells the sink of those it does not know yet: from the head of the log, or where they are. */
    void start(Session session, Collection<Followed> followed) {
        List<Followed> fresh = followed.stream().filter(each -> !each.started).toList();
        inChunks(fresh, some -> {
            List<CompletableFuture<LogRange>> looks =
                    some.stream().map(each -> script.range(session, each.orgId)).toList();
            for (int i = 0; i < some.size(); i++) {
                Followed one = some.get(i);
                Future<LogRange> look = looks.get(i);
                String why = refusal(() -> start(one, session.await(look).head()));
                if (why != null) {
                    refused(one, why);
                }
            }
        });
    }

    private void start(Followed one, Position head) {
        Position from = one.position == null ? head : one.position;
        if (isCurrent(one)) {
            one.touchedNanos = System.nanoTime();
            one.heardNanos = one.position == null ? System.nanoTime() : one.heardNanos;
            one.position = from;
            one.started = true;
            sink.started(one.log, from);
        }
    }

    /**
     * Delivers the next page of the first few that are behind. Who has more stays among them, as the last.
     *
     * @return who has been delivered up to the head, or as far as the server lets read
     */
    List<String> deliver(Session session, Map<String, Followed> followed, Set<String> behind) {
        Map<Followed, CompletableFuture<ReadScript.Found>> reads = new LinkedHashMap<>();
        for (Iterator<String> next = behind.iterator(); next.hasNext() && reads.size() < PAGES; next.remove()) {
            Followed one = followed.get(next.next());
            if (one != null && one.started && one.position != null) {
                reads.put(one, script.read(session, one.orgId, one.position, PAGE_EVENTS));
            }
        }
        List<String> atHead = new ArrayList<>();
        reads.forEach((one, read) -> {
            String why = refusal(() -> {
                ReadScript.Found found = session.await(read);
                deliver(session, one, found);
                if (found.more() || found.page() instanceof LogPage.Gap) {
                    behind.add(one.orgId);
                } else {
                    atHead.add(one.orgId);
                }
            });
            if (why == null) {
                refused.remove(one.orgId);
            } else {
                refused(one, why);
            }
        });
        atHead.addAll(refused.keySet()); // as far as they go
        return atHead;
    }

    /** Looks at all heads; who is not at his any more. Keeps the logs alive meanwhile. */
    List<String> poll(Session session, Collection<Followed> followed) {
        List<String> behind = new ArrayList<>();
        inChunks(List.copyOf(followed), some -> {
            List<Future<Boolean>> looks =
                    some.stream().map(each -> atHead(session, each)).toList();
            for (int i = 0; i < some.size(); i++) {
                Followed one = some.get(i);
                Future<Boolean> look = looks.get(i);
                String why = refusal(() -> {
                    if (!session.await(look)) {
                        behind.add(one.orgId);
                    }
                });
                if (why != null) {
                    refused(one, why);
                }
            }
        });
        behind.addAll(tried(session, followed));
        return behind;
    }

    /** Those that could not be read, to be read again: only that shows that they can be. */
    private List<String> tried(Session session, Collection<Followed> followed) {
        List<Followed> some = followed.stream()
                .filter(each -> refused.containsKey(each.orgId))
                .toList();
        List<String> names = some.stream().map(each -> each.orgId).toList();
        refused.keySet().retainAll(names);
        start(session, some);
        return names;
    }

    /** Why some log cannot be read, though the server answers; null if all can be. */
    @Nullable
    String refusal() {
        if (refused.isEmpty()) {
            return null;
        }
        Map.Entry<String, String> first = refused.entrySet().iterator().next();
        String more = refused.size() == 1 ? "" : " (and " + (refused.size() - 1) + " more organisations)";
        return "redis: nothing is heard of organisation " + first.getKey() + ": " + first.getValue() + more;
    }

    private void refused(Followed one, String why) {
        refused.put(one.orgId, why);
    }

    /** Why the server would not do this with one organisation's log, which is no reason to leave the others; or null. */
    private static @Nullable String refusal(Runnable asking) {
        try {
            asking.run();
            return null;
        } catch (LogRefusedException e) {
            return e.getMessage();
        }
    }

    private static <T> void inChunks(List<T> all, Consumer<List<T>> action) {
        for (int from = 0; from < all.size(); from += LOOKS) {
            action.accept(all.subList(from, Math.min(all.size(), from + LOOKS)));
        }
    }

    private void deliver(Session session, Followed one, ReadScript.Found found) {
        if (!isCurrent(one)) {
            return;
        }
        if (found.page() instanceof LogPage.Gap gap) {
            if (isNewlyLost(session, one, gap)) {
                return; // and read again: in the new epoch the gap is another one
            }
            sink.gap(one.log, gap);
            one.heardNanos = System.nanoTime();
            one.position = gap.resumesAt();
        } else if (found.page() instanceof LogPage.Entries page) {
            if (!page.through().equals(one.position)) {
                sink.deliver(one.log, page.entries(), page.through());
                one.heardNanos = System.nanoTime();
            }
            one.position = page.through();
        }
    }

    /** Whether what was heard is missing though the epoch is the same: then it is no more. */
    private boolean isNewlyLost(Session session, Followed one, LogPage.Gap gap) {
        Position position = one.position;
        return gap.reason() != GapReason.TRIMMED
                && position != null
                && position.epoch().equals(gap.range().head().epoch())
                && told(session.await(verifies.run(session, heard(session, one))), one.orgId);
    }

    private Future<Boolean> atHead(Session session, Followed one) {
        Position position = one.position;
        if (System.nanoTime() - one.touchedNanos > touchNanos) {
            one.touchedNanos = System.nanoTime();
            return script.range(session, one.orgId)
                    .thenApply(range -> range.head().equals(position));
        }
        return session.reading()
                .hmget(OrgKeys.of(prefix, one.orgId).meta(), EPOCH, HEAD, CHECK)
                .toCompletableFuture()
                .thenApply(meta -> position != null && position.equals(head(meta)));
    }

    /** The organisation may have been forgotten meanwhile, and followed anew by the time the thread gets here. */
    private boolean isCurrent(Followed one) {
        return interest.isCurrent(one.orgId, one.generation);
    }

    private static Position head(List<KeyValue<byte[], byte[]>> meta) {
        return new Position(value(meta.get(0)), Long.parseLong(value(meta.get(1))), value(meta.get(2)));
    }

    /** 0 if the log is not there. */
    private static String value(KeyValue<byte[], byte[]> field) {
        return field.hasValue() ? Reply.text(field.getValue()) : "0";
    }
}
