package dev.realtime.transport.testkit;

/** A backend that can be told that time has passed. For {@link TrimRules}. */
public interface TrimmableBackend extends Backend {
    /**
     * Everything the log holds now is older than the replay window, and is trimmed when this returns. What is
     * published afterwards is young.
     */
    void expireAll();
}
