/**
 * The adapter contract as JUnit rules that any adapter can run: implement {@link
 * dev.realtime.transport.testkit.Backend}, then extend each class of rules in a {@code @Nested} class. Also what tests
 * of adapters need: a recording sink, a clock set by hand, a check for threads left behind.
 */
@NullMarked
package dev.realtime.transport.testkit;

import org.jspecify.annotations.NullMarked;
