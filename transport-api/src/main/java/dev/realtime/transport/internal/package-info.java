/** How the front door is put together. Not API: may change in any release. */
@NullMarked
package dev.realtime.transport.internal;

import org.jspecify.annotations.NullMarked;
