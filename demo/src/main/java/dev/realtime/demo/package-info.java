/**
 * What a newcomer runs: an embedded Postgres, two gateways on it, and one page that shows both. Read from
 * {@link dev.realtime.demo.DemoMain}.
 */
@NullMarked
package dev.realtime.demo;

import org.jspecify.annotations.NullMarked;
