package dev.realtime.sse;

/** A request that is not let in. Answered as {@code application/problem+json}. */
public final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;

    /**
     * @param status the HTTP status, 400 to 599
     * @param code stable and machine-readable, such as {@code token_expired}
     * @param detail one sentence that is safe to show to the caller: never the credential
     */
    public Refused(int status, String code, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.code = code;
    }

    public Refused(ProblemCode code, String detail) {
        this(code.status(), code.code(), detail);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** Stable and machine-readable. */
    public String code() {
        return code;
    }
}
