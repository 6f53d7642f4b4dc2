/** The Postgres adapter: a table as the log, LISTEN/NOTIFY as the wake-up. */
@NullMarked
package dev.realtime.transport.postgres;

import org.jspecify.annotations.NullMarked;
