package dev.realtime.system.seam;

import java.util.function.Supplier;

/** What a seam throws. */
public @SuppressWarnings("ImmutableEnumChecker") // nobody changes a supplier
enum SeamKind {
    RUNTIME(() -> new RuntimeException("seam")),
    MEMORY(() -> new OutOfMemoryError("seam")),
    STACK(() -> new StackOverflowError("seam"));

    private final Supplier<Throwable> made;

    SeamKind(Supplier<Throwable> made) {
        this.made = made;
    }

    public Throwable made() {
        return made.get();
    }
}
