/** End-to-end load on the transports, as ratios beside the naive way in the same run. */
@NullMarked
package dev.realtime.benchmarks;

import org.jspecify.annotations.NullMarked;
