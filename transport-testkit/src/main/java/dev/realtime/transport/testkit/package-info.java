/** The adapter contract as JUnit rules that any adapter can run. */
@NullMarked
package dev.realtime.transport.testkit;

import org.jspecify.annotations.NullMarked;
