/**
 * The reference adapter: a log in this process, so one instance only. Read {@link
 * dev.realtime.transport.memory.MemoryAdapter} first; every other adapter does the same with a backend in between.
 */
@NullMarked
package dev.realtime.transport.memory;

import org.jspecify.annotations.NullMarked;
