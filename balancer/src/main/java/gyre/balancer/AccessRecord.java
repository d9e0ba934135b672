package gyre.balancer;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the access log says of a connection.
 *
 * @param client null if nobody knows it
 * @param target null if it got none
 * @param connectNanos until it had a target, with waiting and retries
 * @param nanos in all
 * @param end why it has ended, as one word
 */
record AccessRecord(
    Instant at,
    String listen,
    @Nullable InetSocketAddress client,
    @Nullable Target target,
    int retries,
    long connectNanos,
    long nanos,
    long bytesIn,
    long bytesOut,
    String end) {
  /** A line of {@code NAME=VALUE}, which greps as well as it reads. */
  String line() {
    Target chosen = target;
    InetSocketAddress source = client;
    return at
        + " listen="
        + listen
        + " client="
        + (source == null ? "-" : Addresses.format(source))
        + " target="
        + (chosen == null ? "-" : chosen.path())
        + " retries="
        + retries
        + " connect_ms="
        + Duration.ofNanos(connectNanos).toMillis()
        + " ms="
        + Duration.ofNanos(nanos).toMillis()
        + " in="
        + bytesIn
        + " out="
        + bytesOut
        + " end="
        + end;
  }
}
