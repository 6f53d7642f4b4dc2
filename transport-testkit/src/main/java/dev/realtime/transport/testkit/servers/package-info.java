/**
 * Real servers for tests: Postgres and Redis as they run elsewhere, and a proxy for faults on the way
 * to them. {@code Test…} is one server for all tests of a JVM; {@code Own…} is a test's own, which it
 * may stop and kill.
 */
@NullMarked
package dev.realtime.transport.testkit.servers;

import org.jspecify.annotations.NullMarked;
