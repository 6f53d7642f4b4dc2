package dev.realtime.sse.gateway.port;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads PEM texts. What it throws says what is wrong, and never what stands in a key. Stateless. */
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");
    private static final Pattern KEY = Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----");
    private static final String CONVERT = "; run: openssl pkey -in THIS-FILE -out NEW-FILE";

    /** What is wrong with a text, as the end of a sentence about it. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;

        Unusable(String problem) {
            super(problem);
        }
    }

    private Pem() {}

    /** All certificates, in their order; at least one. */
    static List<X509Certificate> certificates(String text) throws Unusable {
        List<X509Certificate> chain = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            if (blocks.group(1).equals("CERTIFICATE")) {
                chain.add(certificate(blocks.group(2), chain.size() + 1));
            }
        }
        if (chain.isEmpty()) {
            throw new Unusable("has no whole CERTIFICATE block of PEM in it");
        }
        return chain;
    }

    /** The one private key, for a certificate whose key is of this algorithm. */
    static PrivateKey privateKey(String text, String algorithm) throws Unusable {
        Matcher kinds = KEY.matcher(text);
        if (!kinds.find()) {
            throw new Unusable("has no PRIVATE KEY block of PEM in it");
        }
        switch (kinds.group(1)) {
            case "PRIVATE KEY" -> {}
            case "ENCRYPTED PRIVATE KEY" ->
                throw new Unusable("has an encrypted key, which needs a password" + CONVERT);
            case "RSA PRIVATE KEY" -> throw new Unusable("has a key of the older form PKCS#1" + CONVERT);
            case "EC PRIVATE KEY" -> throw new Unusable("has a key of the older form SEC1" + CONVERT);
            default -> throw new Unusable("has a key of a form that is not understood" + CONVERT);
        }
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            if (blocks.group(1).equals("PRIVATE KEY")) {
                return pkcs8(blocks.group(2), algorithm);
            }
        }
        throw new Unusable("has a PRIVATE KEY block that is cut or damaged");
    }

    private static PrivateKey pkcs8(String base64, String algorithm) throws Unusable {
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes(base64)));
        } catch (GeneralSecurityException | IllegalArgumentException notThis) {
            // Without its text, which may show parts of the key.
            throw new Unusable("has no " + algorithm + " key that can be read, and the certificate's is one");
        }
    }

    private static X509Certificate certificate(String base64, int number) throws Unusable {
        try {
            Certificate read = CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(bytes(base64)));
            if (read instanceof X509Certificate certificate) {
                return certificate;
            }
        } catch (CertificateException | IllegalArgumentException notOne) {
            // said below
        }
        throw new Unusable("has a CERTIFICATE block, number " + number + ", that is damaged");
    }

    private static byte[] bytes(String base64) {
        return Base64.getMimeDecoder().decode(base64);
    }
}
