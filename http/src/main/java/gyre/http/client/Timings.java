package gyre.http.client;

/**
 * How long each phase of a request took. A connection that was used before took no time to resolve,
 * connect or secure.
 *
 * @param resolveNanos to look up the name
 * @param connectNanos to connect, a proxy's tunnel included
 * @param tlsNanos for the TLS handshake
 * @param firstByteNanos from the request's first byte to that of the answer
 * @param totalNanos from the call to the end of the body, or until now
 */
public record Timings(
    long resolveNanos, long connectNanos, long tlsNanos, long firstByteNanos, long totalNanos) {}
