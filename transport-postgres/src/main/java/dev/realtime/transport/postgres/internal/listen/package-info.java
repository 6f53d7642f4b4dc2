/**
 * The LISTEN connection: {@code ListenerState} is what may follow what, {@code Listener} does it, {@code PgNgEar} is the one file that
 * knows pgjdbc-ng. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.transport.postgres.internal.listen;

import org.jspecify.annotations.NullMarked;
