/** What benchmarks are made of: a database of their own, instances, load, a table at the end. */
@NullMarked
package dev.realtime.benchmarks.equipment;

import org.jspecify.annotations.NullMarked;
