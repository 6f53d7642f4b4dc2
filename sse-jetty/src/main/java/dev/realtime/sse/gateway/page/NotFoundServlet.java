package dev.realtime.sse.gateway.page;

import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.internal.http.LateBody;
import dev.realtime.sse.internal.http.Problem;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Whatever nothing else answers. */
public final class NotFoundServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        LateBody.refuse(request, response, Problem.of(ProblemCode.NOT_FOUND, "there is nothing here"));
    }
}
