package dev.realtime.demo;

/** The demo cannot go on. The text is one line, or more where a server's own words are added, for whoever started it. */
final class DemoException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DemoException(String what) {
        super(what);
    }

    DemoException(String what, Throwable cause) {
        super(what + ": " + cause.getMessage(), cause);
    }
}
