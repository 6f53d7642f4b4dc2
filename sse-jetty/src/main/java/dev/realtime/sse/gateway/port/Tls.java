package dev.realtime.sse.gateway.port;

import dev.realtime.sse.gateway.port.CertificateFiles.Content;
import dev.realtime.transport.settings.Settings;
import java.time.Duration;
import java.time.Instant;
import org.eclipse.jetty.http2.HTTP2Cipher;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** How the port speaks TLS: 1.2 and 1.3, with the certificate in the two files. For one server. */
public final class Tls {
    /** A change is used after two looks. */
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

    private final CertificateFiles files;
    private final Content content;
    private final SslContextFactory.Server factory;

    private Tls(CertificateFiles files, Content content, SslContextFactory.Server factory) {
        this.files = files;
        this.content = content;
        this.factory = factory;
    }

    /**
     * As the settings say; null if they say nothing of TLS.
     *
     * @throws dev.realtime.transport.settings.SettingsException if it cannot be used
     */
    public static @Nullable Tls from(Settings settings) {
        CertificateFiles files = CertificateFiles.from(settings);
        if (files == null) {
            return null;
        }
        Content content = files.read();
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setKeyStore(files.identity(content, Instant.now()));
        factory.setKeyManagerPassword("");
        factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        factory.setCipherComparator(HTTP2Cipher.COMPARATOR);
        factory.setUseCipherSuitesOrder(true);
        return new Tls(files, content, factory);
    }

    public SslContextFactory.Server factory() {
        return factory;
    }

    /** Keeps it up to date while the server runs. */
    public RenewedCertificate renewedOn(ServerConnector connector) {
        return renewedOn(connector, BETWEEN_LOOKS);
    }

    public RenewedCertificate renewedOn(ServerConnector connector, Duration betweenLooks) {
        return new RenewedCertificate(connector, factory, files, content, betweenLooks);
    }
}
