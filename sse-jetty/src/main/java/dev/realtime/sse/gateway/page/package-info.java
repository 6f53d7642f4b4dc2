/**
 * What operators and probes ask for: the live page, health, readiness, figures. Knows no port. Not API: may change in any
 * release.
 */
@NullMarked
package dev.realtime.sse.gateway.page;

import org.jspecify.annotations.NullMarked;
