package dev.realtime.transport;

import org.jspecify.annotations.Nullable;

/**
 * The backend has refused this publication and named the cause: nothing of it is in the log, and others are not
 * concerned. Publishing it again unchanged fails again until the cause is mended. The text is safe to show to the
 * caller; what the backend said is in the log of this instance.
 */
public final class PublicationRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean concernsLog;

    /**
     * @param message names the cause in words of ours
     * @param concernsLog whether nothing can be written to the organisation's log, not only this publication
     * @param cause what the backend said
     */
    public PublicationRefusedException(String message, boolean concernsLog, @Nullable Throwable cause) {
        super(message, cause);
        this.concernsLog = concernsLog;
    }

    /** Whether nothing can be written to the organisation's log now, not only this publication. */
    public boolean concernsLog() {
        return concernsLog;
    }
}
