/**
 * The store that an instance works on: {@code PostgresSettings} says which, {@code Connections} leads to it, {@code Schema} brings it
 * to the version of this program, and {@code Fingerprint} is what all instances on it have to agree on. Not API: may change in any
 * release.
 */
@NullMarked
package dev.realtime.transport.postgres.internal.store;

import org.jspecify.annotations.NullMarked;
