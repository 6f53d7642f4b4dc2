package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.sse.TicketKey;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.Exchange;
import dev.realtime.sse.internal.http.Problem;
import dev.realtime.transport.KeyClaims;
import dev.realtime.transport.PubSub;
import jakarta.servlet.http.HttpServletRequest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives tickets and takes them, each once among all instances; and resume cookies, as often as they come, from whoever
 * has redeemed a ticket. Thread-safe; never blocks.
 */
public final class Tickets {
    /** How long a ticket is good. */
    static final Duration LIFE = Duration.ofSeconds(30);
    /** How long a resume cookie is good at most. */
    static final Duration RESUME_LIFE = Duration.ofHours(12);
    /** Longest ticket or cookie, in characters: with it and a few cookies a request's head stays below 8 KiB. */
    static final int MAX_CHARS = 2_000;

    /** By how much the instances' clocks may differ: so much longer than a ticket lives it counts as used. */
    private static final Duration SKEW = Duration.ofMinutes(5);

    private static final int ID_BYTES = 16;
    private static final Duration WARNINGS_APART = Duration.ofMinutes(1);
    private static final Logger LOG = LoggerFactory.getLogger(Tickets.class);

    private final SecureRandom random = new SecureRandom();
    private final PassText ticketText;
    private final ResumeCookies cookies;
    private final Clock clock;
    private final Access access;
    private final Optional<KeyClaims> claims;
    private final Revocations revocations;
    private final AtomicLong warnedAt = new AtomicLong();

    /** A new ticket, and how long it is good. */
    record Issued(String ticket, Duration life) {}

    private Tickets(
            TicketKey key,
            EndpointOptions options,
            Access access,
            Optional<KeyClaims> claims,
            Revocations revocations) {
        this.ticketText = new PassText(key.derivedFor("realtime ticket v1"));
        this.cookies = new ResumeCookies(new PassText(key.derivedFor("realtime resume v1")), options);
        this.clock = options.clock();
        this.access = access;
        this.claims = claims;
        this.revocations = revocations;
    }

    /** Null if the options have no key for them. */
    public static @Nullable Tickets of(EndpointOptions options, Access access, PubSub pubSub, Revocations revocations) {
        TicketKey key = options.ticketKey();
        return key == null ? null : new Tickets(key, options, access, pubSub.keyClaims(), revocations);
    }

    static Refused off() {
        return new Refused(
                ProblemCode.TICKETS_OFF,
                "there are no tickets here: the instances need a key for them, REALTIME_TICKET_SECRET");
    }

    /** A ticket counts alone: whatever else comes with it is not looked at. */
    public static Credential credential(
            @Nullable Tickets tickets, Access access, HttpServletRequest request, @Nullable String ticket)
            throws Refused {
        if (ticket == null) {
            return new Credential.Known(access.caller(request));
        }
        if (tickets == null) {
            throw off();
        }
        return tickets.judge(request, ticket);
    }

    /** A ticket for a caller whose credential holds. */
    Issued issue(Caller caller) throws Refused {
        if (claims.isEmpty()) {
            throw new Refused(ProblemCode.TICKETS_OFF, "this transport cannot tell whether a ticket was used");
        }
        Instant now = clock.instant();
        Duration life = LIFE;
        if (caller.expiresAt() != null) {
            Duration left = Duration.between(now, caller.expiresAt());
            life = left.compareTo(LIFE) < 0 ? left : LIFE;
        }
        if (life.toMillis() <= 0) {
            throw new Refused(ProblemCode.TOKEN_EXPIRED, "the token has expired");
        }
        String ticket = ticketText.of(new Pass(freshId(), now.plus(life), caller));
        if (ticket.length() > MAX_CHARS) {
            throw Problem.of(
                            ProblemCode.TICKET_TOO_LARGE,
                            "topics: with these the ticket would have " + ticket.length() + " characters; at most "
                                    + MAX_CHARS + " are allowed")
                    .about("topics")
                    .sized(MAX_CHARS, (long) ticket.length())
                    .refusal();
        }
        return new Issued(ticket, life);
    }

    /** Judges a ticket as far as one instance alone can. What is given back has not been used up yet. */
    Credential judge(HttpServletRequest request, String text) throws Refused {
        Pass ticket = ticketText
                .read(text)
                .filter(pass ->
                        pass.endsAt().isBefore(clock.instant().plus(LIFE).plus(SKEW)))
                .orElseThrow(() -> new Refused(ProblemCode.TICKET_INVALID, "the ticket is not one of ours"));
        Optional<Pass> cookie = cookies.of(request, ticket);
        if (ticket.hasEndedAt(clock.instant())) {
            Refused expired = new Refused(
                    ProblemCode.TICKET_EXPIRED, "the ticket has expired: it is good for " + LIFE.toSeconds() + " s");
            return new Credential.Known(resumed(request, cookie, expired));
        }
        revocations.requireHolds(ticket.caller());
        return new Credential.Ticket(ticket.caller(), () -> redeem(request, ticket, cookie));
    }

    private CompletableFuture<Credential.Redeemed> redeem(
            HttpServletRequest request, Pass ticket, Optional<Pass> cookie) {
        if (claims.isEmpty()) {
            return CompletableFuture.failedFuture(
                    unavailable("this transport cannot tell whether the ticket was used"));
        }
        Duration left = Duration.between(clock.instant(), ticket.endsAt());
        Duration ttl = (left.isNegative() ? Duration.ZERO : left).plus(SKEW);
        return claims.get().claim("ticket:" + ticket.id(), ttl).handle((first, failure) -> {
            try {
                if (failure == null && first) {
                    return new Credential.Redeemed(ticket.caller(), cookies.setting(request, ticket.caller()));
                }
                Refused why = failure == null
                        ? new Refused(ProblemCode.TICKET_USED, "the ticket has been used: each opens one stream")
                        : cannotBeTold(failure);
                return new Credential.Redeemed(resumed(request, cookie, why), null);
            } catch (Refused refused) {
                throw new CompletionException(refused);
            }
        });
    }

    /** Who has redeemed a ticket before, in this browser. A cookie comes by itself, so it matters whose page asks. */
    private Caller resumed(HttpServletRequest request, Optional<Pass> cookie, Refused otherwise) throws Refused {
        if (cookie.isEmpty()) {
            throw otherwise;
        }
        SentToken.requireOurPage(request, access.origins());
        Caller caller = cookie.get().caller();
        revocations.requireHolds(caller);
        return caller;
    }

    /** The log has the reason, once a minute at most: it may be a missing grant. */
    private Refused cannotBeTold(Throwable failure) {
        long now = System.nanoTime();
        long last = warnedAt.get();
        if ((last == 0 || now - last > WARNINGS_APART.toNanos()) && warnedAt.compareAndSet(last, now)) {
            LOG.warn(
                    "Whether tickets were used cannot be told: {}",
                    Exchange.cause(failure).getMessage());
        }
        return unavailable("whether the ticket was used cannot be told now; try again later");
    }

    private static Refused unavailable(String detail) {
        return new Refused(ProblemCode.TICKETS_UNAVAILABLE, detail);
    }

    private String freshId() {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(id);
    }
}
