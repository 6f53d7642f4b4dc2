/**
 * An {@code Authorizer} for JSON Web Tokens: {@code JwtAuthorizer} reads their claims, and takes their keys from a shared secret or
 * from a key set that it fetches. Needs {@code nimbus-jose-jwt}.
 */
@NullMarked
package dev.realtime.sse.jwt;

import org.jspecify.annotations.NullMarked;
