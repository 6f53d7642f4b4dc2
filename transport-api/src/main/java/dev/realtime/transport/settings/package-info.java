/**
 * What an instance is told by its environment: {@code Settings} reads and checks it, {@code Secrets} keeps what is secret out of every
 * line.
 */
@NullMarked
package dev.realtime.transport.settings;

import org.jspecify.annotations.NullMarked;
