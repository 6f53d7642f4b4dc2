/** Events through a transport: how many, how fast, and beside what. */
@NullMarked
package dev.realtime.benchmarks.events;

import org.jspecify.annotations.NullMarked;
