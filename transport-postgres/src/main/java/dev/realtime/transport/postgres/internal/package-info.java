/** How the Postgres transport is put together. Not API: may change in any release. */
@NullMarked
package dev.realtime.transport.postgres.internal;

import org.jspecify.annotations.NullMarked;
