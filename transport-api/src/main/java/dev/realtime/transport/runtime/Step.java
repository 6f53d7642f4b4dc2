package dev.realtime.transport.runtime;

/** One round of a loop's work. Called by one thread, again and again; whatever it throws, it is called again. */
@FunctionalInterface
public interface Step {
    /**
     * Does one round. May block.
     *
     * @return whether there is another round; false ends the loop
     * @throws Exception what the supervisor counts and logs before the next round
     */
    boolean run() throws Exception;
}
