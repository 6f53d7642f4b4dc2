package dev.realtime.transport.event;

/** Input that breaks a stated rule. Never retry it unchanged. The text is safe to show to the caller. */
public final class InvalidInputException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String code;
    private final String field;

    /**
     * @param code stable and machine-readable, such as {@code payload_too_large}
     * @param field the field at fault, such as {@code topic}
     * @param message names the field, what was given (shortened) and the rule
     */
    public InvalidInputException(String code, String field, String message) {
        super(message);
        this.code = code;
        this.field = field;
    }

    /** Stable and machine-readable, such as {@code payload_too_large}. */
    public String code() {
        return code;
    }

    /** The field at fault. */
    public String field() {
        return field;
    }
}
