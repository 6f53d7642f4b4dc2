/** How organisations share what a process has once: room, and the order in which it works. */
@NullMarked
package dev.realtime.transport.fairness;

import org.jspecify.annotations.NullMarked;
