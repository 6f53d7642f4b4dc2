/** The reference adapter: one process, no backend. Read it first. */
@NullMarked
package dev.realtime.transport.memory;

import org.jspecify.annotations.NullMarked;
