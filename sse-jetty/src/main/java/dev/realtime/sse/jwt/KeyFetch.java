package dev.realtime.sse.jwt;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetParseException;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.jwk.source.RetryingJWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import dev.realtime.transport.settings.Secrets;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches a key set, within {@link #DEADLINE} whatever the server and the name service do, and says once when that
 * begins to fail and once when it works again. Thread-safe.
 */
final class KeyFetch implements JWKSetSource<SecurityContext> {
    /** For one fetch, and its repetition where the first failed at once. */
    static final Duration DEADLINE = Duration.ofMillis(1_250);

    private static final Logger LOG = LoggerFactory.getLogger(KeyFetch.class);
    private static final int CONNECT_MILLIS = 1_000;
    private static final int READ_MILLIS = 1_000;
    private static final int MAX_BYTES = 262_144;
    /** Fetches that were given up, and do not know it yet. */
    private static final int MAX_THREADS = 4;

    private final String url;
    private final String server;
    private final JWKSetSource<SecurityContext> remote;
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0, MAX_THREADS, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), threads("realtime-keys-fetch"));
    private final AtomicBoolean failing = new AtomicBoolean();
    private volatile @Nullable Long fetchedAt;

    KeyFetch(URI url) {
        this.url = url.toString();
        this.server = url.getScheme() + "://" + url.getAuthority();
        this.remote = new RetryingJWKSetSource<>(new Remote(urlOf(url), new ReadableKeys(server)), null);
    }

    @Override
    public JWKSet getJWKSet(JWKSetCacheRefreshEvaluator evaluator, long currentTime, @Nullable SecurityContext context)
            throws KeySourceException {
        try {
            Future<JWKSet> fetching = threads.submit(() -> remote.getJWKSet(evaluator, currentTime, context));
            try {
                return fetched(fetching.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS));
            } finally {
                fetching.cancel(true);
            }
        } catch (ExecutionException e) {
            throw failed(cause(e));
        } catch (TimeoutException | RejectedExecutionException | CancellationException e) {
            throw failed("no answer within " + DEADLINE.toMillis() + " ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JWKSetUnavailableException("interrupted");
        }
    }

    /** Whether it has succeeded so shortly ago that a key that was not there is not worth another fetch. */
    boolean isRecent() {
        Long at = fetchedAt;
        return at != null
                && System.nanoTime() - at < KeySet.PAUSE.plus(DEADLINE).toNanos();
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        remote.close();
    }

    static ThreadFactory threads(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private JWKSet fetched(JWKSet keys) {
        fetchedAt = System.nanoTime();
        if (failing.compareAndSet(true, false)) {
            LOG.info("The keys of tokens can be fetched again from {}", server);
        }
        return keys;
    }

    private JWKSetUnavailableException failed(String why) {
        if (failing.compareAndSet(false, true)) {
            LOG.warn(
                    "The keys of tokens cannot be fetched from {}: {}; those fetched before are used for an hour",
                    server,
                    why);
        }
        return new JWKSetUnavailableException(why);
    }

    /** The innermost cause, on one line of bounded length; of the URL only the server. */
    private String cause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String said = Secrets.masked(cause.toString().replace(url, server));
        return said.substring(0, Math.min(said.length(), 200)).replaceAll("\\p{Cntrl}", "?");
    }

    private static URL urlOf(URI url) {
        try {
            return url.toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("a key set's URL begins with https://", e);
        }
    }

    /** One fetch. */
    private record Remote(URL url, ReadableKeys keys, Retriever retriever) implements JWKSetSource<SecurityContext> {
        Remote(URL url, ReadableKeys keys) {
            this(url, keys, new Retriever());
        }

        @Override
        public JWKSet getJWKSet(
                JWKSetCacheRefreshEvaluator evaluator, long currentTime, @Nullable SecurityContext context)
                throws KeySourceException {
            try {
                return keys.read(retriever.retrieveResource(url).getContent());
            } catch (IOException e) {
                throw new JWKSetUnavailableException("the keys cannot be fetched", e);
            } catch (ParseException e) {
                throw new JWKSetParseException("the keys cannot be read", e);
            }
        }

        @Override
        public void close() {}
    }

    /** Follows no redirects: the keys are where the setting says. */
    private static final class Retriever extends DefaultResourceRetriever {
        Retriever() {
            super(CONNECT_MILLIS, READ_MILLIS, MAX_BYTES);
        }

        @Override
        protected HttpURLConnection openHTTPConnection(URL url) throws IOException {
            HttpURLConnection connection = super.openHTTPConnection(url);
            connection.setInstanceFollowRedirects(false);
            return connection;
        }
    }
}
