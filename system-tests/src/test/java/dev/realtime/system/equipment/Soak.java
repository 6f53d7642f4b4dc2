package dev.realtime.system.equipment;

/** How long the tests of faults go on: {@code mvn -Psoak} for the long form. Stateless. */
public final class Soak {
    private static final boolean LONG = Boolean.getBoolean("soak");

    private Soak() {}

    /** How often, usually and in the long form. */
    public static int times(int usually, int soaking) {
        return LONG ? soaking : usually;
    }
}
