/** Many browsers on one gateway. */
@NullMarked
package dev.realtime.benchmarks.streams;

import org.jspecify.annotations.NullMarked;
