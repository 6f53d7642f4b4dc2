package dev.realtime.sse.gateway.port;

import dev.realtime.sse.gateway.port.CertificateFiles.Content;
import dev.realtime.transport.settings.Secrets;
import dev.realtime.transport.settings.SettingsException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up a certificate that was renewed, without a restart: new connections get the new one, open ones stay. Two files
 * are not replaced at once, so what has changed is tried when two looks in a row have seen the same. What cannot be used
 * is named once, and the one before stays. One look at a time, by a thread of the server's pool.
 */
public final class RenewedCertificate extends RepeatedLook {
    private static final Logger LOG = LoggerFactory.getLogger(RenewedCertificate.class);

    private final SslContextFactory.Server tls;
    private final CertificateFiles files;

    // Owned by the look.
    private Content used;
    private Object before;
    private @Nullable String named;

    /** @param used what the connector began with */
    RenewedCertificate(
            ServerConnector connector,
            SslContextFactory.Server tls,
            CertificateFiles files,
            Content used,
            Duration betweenLooks) {
        super(connector, betweenLooks);
        this.tls = tls;
        this.files = files;
        this.used = used;
        this.before = used;
    }

    /** Reads files: not for the scheduler's thread. */
    @Override
    void run(Runnable look) {
        connector().getExecutor().execute(look);
    }

    @Override
    void look() {
        Object seen = seen();
        boolean steady = seen.equals(before);
        before = seen;
        if (steady && seen instanceof Content content) {
            take(content);
        } else if (steady) {
            keep(seen.toString());
        }
    }

    /** The contents, or why there are none. */
    private Object seen() {
        try {
            return files.read();
        } catch (SettingsException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void take(Content content) {
        if (content.equals(used)) {
            named = null;
            return;
        }
        try {
            KeyStore identity = files.identity(content, Instant.now());
            tls.reload(factory -> factory.setKeyStore(identity));
        } catch (SettingsException e) {
            keep(String.valueOf(e.getMessage()));
            return;
        } catch (Exception e) {
            keep(Secrets.masked(e.toString()));
            return;
        }
        used = content;
        named = null;
        LOG.info("The renewed certificate in {} is used from now on", files.certificate());
    }

    private void keep(String problem) {
        if (!problem.equals(named)) {
            named = problem;
            LOG.warn("The certificate used so far stays in use: {}", problem);
        }
    }
}
