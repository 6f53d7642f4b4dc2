package dev.realtime.transport.postgres.internal.connect;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import org.jspecify.annotations.Nullable;

/** Why a server's certificate was not accepted, for an operator. Stateless. */
final class TlsCauses {
    private static final int DEEPEST = 20;

    private TlsCauses() {}

    /** One line, or null if it was not the certificate. */
    static @Nullable String of(Throwable failure) {
        String found = null;
        int depth = 0;
        for (Throwable cause = failure; cause != null && depth < DEEPEST; cause = cause.getCause(), depth++) {
            String said = one(cause);
            found = said == null ? found : said; // the deepest knows best
        }
        return found;
    }

    private static @Nullable String one(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof CertificateExpiredException) {
            return "the server's certificate has expired";
        }
        if (cause instanceof CertificateNotYetValidException) {
            return "the server's certificate is not valid yet";
        }
        if (cause instanceof CertPathBuilderException || cause instanceof CertPathValidatorException) {
            return "the server's certificate is not from a CA that is trusted here: see sslrootcert";
        }
        boolean ofName = message.startsWith("No subject alternative") || message.startsWith("No name matching");
        if ((cause instanceof CertificateException && ofName) || message.contains("PgjdbcHostnameVerifier")) {
            return "the server's certificate is for another host name";
        }
        return null;
    }
}
