/** What tests look after and wait with: logs without secrets, threads that end, a clock to be set. */
@NullMarked
package dev.realtime.transport.testkit.checks;

import org.jspecify.annotations.NullMarked;
