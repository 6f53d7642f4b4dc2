package dev.realtime.transport.postgres.internal.connect;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Properties;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * How connections are encrypted, and by what a server is known. Immutable.
 *
 * @param rootCert a file of trusted certificates, PEM or DER, or null for those that the platform trusts
 * @param channelBinding as libpq knows it: disable, prefer or require
 */
record Encryption(SslMode mode, @Nullable String rootCert, String channelBinding) {
    /** Nothing said: TLS where the server speaks it, and nobody is verified. */
    static final Encryption UNSAID = new Encryption(SslMode.PREFER, null, "prefer");

    /** What {@code org.postgresql} has to be told. */
    void tellJdbc(Properties properties) {
        properties.setProperty("sslmode", mode.text());
        properties.setProperty("channelBinding", channelBinding);
        properties.setProperty("gssEncMode", "disable");
        if (rootCert != null) {
            properties.setProperty("sslrootcert", rootCert);
        } else if (mode.isVerified()) {
            properties.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
        }
    }

    /** Trusts whom a server's certificate must come from; everybody if the mode does not ask who it is. */
    SSLContext trust() throws GeneralSecurityException, IOException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, mode.isVerified() ? trusted() : new TrustManager[] {new Anybody()}, null);
        return context;
    }

    private TrustManager[] trusted() throws GeneralSecurityException, IOException {
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(rootCert == null ? null : keyStore(rootCert));
        return trusted.getTrustManagers();
    }

    /** What {@code sslmode=require} means: encrypted, to whomever. */
    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** The certificates of a file. */
    static Collection<? extends Certificate> certificates(String file) throws IOException, CertificateException {
        try (InputStream in = new FileInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    private static KeyStore keyStore(String file) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int number = 0;
        for (Certificate certificate : certificates(file)) {
            store.setCertificateEntry("trusted-" + number++, certificate);
        }
        return store;
    }
}
