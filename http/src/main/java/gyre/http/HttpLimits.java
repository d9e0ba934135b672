package gyre.http;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How much, how long and how slowly a peer may send. All of it is on by default. Immutable; each
 * method that takes a value gives a changed copy, and throws {@link IllegalArgumentException} for
 * one that makes no sense.
 *
 * <p>The rates are minimum rates: a body has {@link #bodyTimeout} and then a second more for each
 * {@link #minimumBytesPerSecond} that came.
 */
public final class HttpLimits {
  private static final int LARGEST_HEAD_BYTES = 1 << 20;
  private static final HttpLimits DEFAULTS = new HttpLimits(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    int lineBytes = 8 * 1024;
    int headBytes = 16 * 1024;
    int fields = 100;
    long bodyBytes = 1024 * 1024;
    int chunkExtensionBytes = 256;
    int chunkExtensionsBytes = 16 * 1024;
    Duration handshakeTimeout = Duration.ofSeconds(10);
    Duration headTimeout = Duration.ofSeconds(10);
    Duration bodyTimeout = Duration.ofSeconds(30);
    Duration writeTimeout = Duration.ofSeconds(30);
    Duration idleTimeout = Duration.ofSeconds(60);
    int minimumBytesPerSecond = 1024;
    int requestsPerConnection = 10_000;
    int pipelinedRequests = 64;

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private HttpLimits(Values values) {
    this.values = values;
  }

  /** All limits on, as each method says. */
  public static HttpLimits defaults() {
    return DEFAULTS;
  }

  private HttpLimits with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new HttpLimits(changed);
  }

  /** The request line, and each field line; 8 KiB by default. More is answered with 414 or 431. */
  public HttpLimits lineBytes(int value) {
    Checks.between("lineBytes", value, 16, LARGEST_HEAD_BYTES);
    return with(v -> v.lineBytes = value);
  }

  /** Request line and fields together; 16 KiB by default. More is answered with 431. */
  public HttpLimits headBytes(int value) {
    Checks.between("headBytes", value, 16, LARGEST_HEAD_BYTES);
    return with(v -> v.headBytes = value);
  }

  /** Field lines of a head, and of trailers; 100 by default. More is answered with 431. */
  public HttpLimits fields(int value) {
    Checks.between("fields", value, 1, 10_000);
    return with(v -> v.fields = value);
  }

  /**
   * A body that the handler does not stream; 1 MiB by default. More is answered with 413. A handler
   * that streams says its own: {@link RequestBody#limit}.
   */
  public HttpLimits bodyBytes(long value) {
    Checks.atLeast("bodyBytes", value, 0);
    return with(v -> v.bodyBytes = value);
  }

  /** The extensions of one chunk; 256 by default. */
  public HttpLimits chunkExtensionBytes(int value) {
    Checks.between("chunkExtensionBytes", value, 0, LARGEST_HEAD_BYTES);
    return with(v -> v.chunkExtensionBytes = value);
  }

  /** The extensions of all chunks of a body; 16 KiB by default. */
  public HttpLimits chunkExtensionsBytes(int value) {
    Checks.between("chunkExtensionsBytes", value, 0, LARGEST_HEAD_BYTES);
    return with(v -> v.chunkExtensionsBytes = value);
  }

  /**
   * From the connection to the end of the TLS handshake, where the options of TLS do not say less;
   * 10 s by default.
   */
  public HttpLimits handshakeTimeout(Duration value) {
    Checks.positive("handshakeTimeout", value);
    return with(v -> v.handshakeTimeout = value);
  }

  /**
   * From the first byte of a head to its last, and from the connection to the first head; 10 s by
   * default.
   */
  public HttpLimits headTimeout(Duration value) {
    Checks.positive("headTimeout", value);
    return with(v -> v.headTimeout = value);
  }

  /** For a body, beside what its rate gives it; 30 s by default. */
  public HttpLimits bodyTimeout(Duration value) {
    Checks.positive("bodyTimeout", value);
    return with(v -> v.bodyTimeout = value);
  }

  /** For a peer to take what waits to be sent, beside what its rate gives it; 30 s by default. */
  public HttpLimits writeTimeout(Duration value) {
    Checks.positive("writeTimeout", value);
    return with(v -> v.writeTimeout = value);
  }

  /** Between the end of an answer and the first byte of the next request; 60 s by default. */
  public HttpLimits idleTimeout(Duration value) {
    Checks.positive("idleTimeout", value);
    return with(v -> v.idleTimeout = value);
  }

  /** What a peer must send of a body, and take of an answer; 1 KiB a second by default. */
  public HttpLimits minimumBytesPerSecond(int value) {
    Checks.between("minimumBytesPerSecond", value, 1, Integer.MAX_VALUE);
    return with(v -> v.minimumBytesPerSecond = value);
  }

  /** After so many the connection is closed; 10,000 by default. */
  public HttpLimits requestsPerConnection(int value) {
    Checks.between("requestsPerConnection", value, 1, Integer.MAX_VALUE);
    return with(v -> v.requestsPerConnection = value);
  }

  /**
   * Requests of one connection that are answered before other connections have their turn; 64 by
   * default. One is in the handler at a time, the others wait where they were received.
   */
  public HttpLimits pipelinedRequests(int value) {
    Checks.between("pipelinedRequests", value, 1, Integer.MAX_VALUE);
    return with(v -> v.pipelinedRequests = value);
  }

  // ---- what is set

  public int lineBytes() {
    return values.lineBytes;
  }

  public int headBytes() {
    return values.headBytes;
  }

  public int fields() {
    return values.fields;
  }

  public long bodyBytes() {
    return values.bodyBytes;
  }

  public int chunkExtensionBytes() {
    return values.chunkExtensionBytes;
  }

  public int chunkExtensionsBytes() {
    return values.chunkExtensionsBytes;
  }

  public Duration handshakeTimeout() {
    return values.handshakeTimeout;
  }

  public Duration headTimeout() {
    return values.headTimeout;
  }

  public Duration bodyTimeout() {
    return values.bodyTimeout;
  }

  public Duration writeTimeout() {
    return values.writeTimeout;
  }

  public Duration idleTimeout() {
    return values.idleTimeout;
  }

  public int minimumBytesPerSecond() {
    return values.minimumBytesPerSecond;
  }

  public int requestsPerConnection() {
    return values.requestsPerConnection;
  }

  public int pipelinedRequests() {
    return values.pipelinedRequests;
  }

  private List<Object> all() {
    Values v = values;
    return List.of(
        v.lineBytes,
        v.headBytes,
        v.fields,
        v.bodyBytes,
        v.chunkExtensionBytes,
        v.chunkExtensionsBytes,
        v.handshakeTimeout,
        v.headTimeout,
        v.bodyTimeout,
        v.writeTimeout,
        v.idleTimeout,
        v.minimumBytesPerSecond,
        v.requestsPerConnection,
        v.pipelinedRequests);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HttpLimits limits && all().equals(limits.all());
  }

  @Override
  public int hashCode() {
    return all().hashCode();
  }

  @Override
  public String toString() {
    return "HttpLimits" + all();
  }
}
