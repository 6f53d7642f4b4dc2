/** What a new backend implements: a provider that ServiceLoader finds, and the adapter it creates. */
@NullMarked
package dev.realtime.transport.spi;

import org.jspecify.annotations.NullMarked;
