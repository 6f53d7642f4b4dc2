package dev.realtime.sse.gateway.page;

import dev.realtime.sse.PathPrefix;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Proxies;
import dev.realtime.sse.Refused;
import dev.realtime.sse.gateway.auth.StartKey;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.EndpointServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code GET /}: the live page, for operators, with the script and style that it is made of. */
public final class PageServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;
    private static final String PAGE = "/";

    private static final Map<String, Asset> ASSETS = Map.of(
            PAGE,
            new Asset("page.html", "text/html; charset=utf-8"),
            "/assets/page.js",
            new Asset("page.js", "text/javascript; charset=utf-8"),
            "/assets/page.css",
            new Asset("page.css", "text/css; charset=utf-8"),
            "/assets/icon.svg",
            new Asset("icon.svg", "image/svg+xml"));

    private record Asset(String resource, String contentType) {}

    private final transient Proxies proxies;
    private final transient @Nullable StartKey startKey;

    /**
     * @param proxies who may say that the page stands below a path outside
     * @param startKey opens the page, once it is in its address; null for none
     */
    public PageServlet(Access access, Proxies proxies, @Nullable StartKey startKey) {
        super(access, Set.of("GET", "HEAD"));
        this.proxies = proxies;
        this.startKey = startKey;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
        Asset asset = ASSETS.get(path);
        if (asset == null) {
            throw new Refused(ProblemCode.NOT_FOUND, "there is nothing here");
        }
        if (path.equals(PAGE)) {
            admit(request, response);
        }
        response.setHeader(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
                        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        response.setHeader("Referrer-Policy", "no-referrer");
        byte[] content = read(asset.resource());
        if (path.equals(PAGE)) {
            content = below(proxies.pathPrefix(request), content);
        }
        Pages.write(response, HttpServletResponse.SC_OK, asset.contentType(), content);
    }

    /** Its links lead from where it stands; where that is known, also if the slash at its end is missing. */
    private static byte[] below(PathPrefix prefix, byte[] page) {
        String text = new String(page, StandardCharsets.UTF_8);
        String base = prefix.equals(PathPrefix.NONE) ? "" : prefix.text() + "/";
        return text.replace("{base}", base).getBytes(StandardCharsets.UTF_8);
    }

    private void admit(HttpServletRequest request, HttpServletResponse response) throws Refused {
        String said = StartKey.in(request.getQueryString());
        if (startKey == null || said == null) {
            access().requireOperator(request);
            return;
        }
        startKey.require(said);
        response.addHeader("Set-Cookie", startKey.cookie(request));
    }

    private static byte[] read(String resource) throws IOException {
        try (InputStream in = PageServlet.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing from the jar");
            }
            return in.readAllBytes();
        }
    }
}
