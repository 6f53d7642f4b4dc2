package dev.realtime.transport.testkit;

/** A backend that can be taken away and brought back with everything that was committed. For {@link OutageRules}. */
public interface RestartableBackend extends Backend {
    /** Nobody can reach it when this returns; connections are cut. */
    void stop();

    /** It can be reached again when this returns. */
    void start();
}
