/**
 * What every part of an instance runs on: threads by name under one supervisor, timers, workers, and the board that says
 * which part does not work.
 */
@NullMarked
package dev.realtime.transport.runtime;

import org.jspecify.annotations.NullMarked;
