package dev.realtime.sse.internal.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Set;

/** {@code GET /realtime/realtime.js}: the browser's client, for everybody. Asked for again, it is sent if it is new. */
public final class ScriptServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;
    private static final String SCRIPT = "/dev/realtime/sse/client/realtime.js";

    private final byte[] script;
    private final String tag;

    public ScriptServlet(Access access) {
        super(access, Set.of("GET", "HEAD"));
        this.script = read();
        this.tag = tagOf(script);
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-cache");
        response.setHeader("ETag", tag);
        String known = request.getHeader("If-None-Match");
        if (known != null && known.contains(tag)) {
            response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
            return;
        }
        response.setContentType("text/javascript; charset=utf-8");
        response.setContentLength(script.length);
        response.getOutputStream().write(script);
    }

    private static byte[] read() {
        try (InputStream in = ScriptServlet.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new IllegalStateException(SCRIPT + " is missing from the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String tagOf(byte[] content) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
            return '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(hash) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
