package dev.realtime.transport.testkit;

/** A backend that can lose its log, as without a disk or by a restored backup. For {@link LostLogRules}. */
public interface ForgetfulBackend extends Backend {
    /** The log is gone when this returns, and an empty one in its place, for instances that run and for new ones. */
    void loseEverything();

    /** Keeps a copy of the log as it is, or lets it stand for a replica that hears no more from here on. */
    void keep();

    /** The log is as it was at {@link #keep} when this returns, for instances that run and for new ones. */
    void loseWhatCameSince();
}
