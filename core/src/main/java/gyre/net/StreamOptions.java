package gyre.net;

import gyre.io.ByteRateLimit;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a stream behaves. Immutable; each method that takes a value gives a changed copy, and throws
 * {@link IllegalArgumentException} for a value that makes no sense.
 *
 * <pre>{@code
 * StreamOptions.defaults().idleTimeout(Duration.ofMinutes(5)).keepAlive(true);
 * }</pre>
 */
public final class StreamOptions {
  private static final StreamOptions DEFAULTS = new StreamOptions(new Values());

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    boolean noDelay = true;
    boolean keepAlive;
    int lingerSeconds = -1;
    int sendBufferBytes;
    int receiveBufferBytes;
    int inputLimitBytes = 128 * 1024;
    int outputLimitBytes = 128 * 1024;
    Duration idleTimeout = Duration.ZERO;
    Duration readTimeout = Duration.ZERO;
    Duration writeTimeout = Duration.ZERO;
    Duration closeTimeout = Duration.ofSeconds(10);
    int discardLimitBytes = 16 * 1024 * 1024;
    boolean sparse;
    long inputBytesPerSecond;
    long outputBytesPerSecond;

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

  private StreamOptions(Values values) {
    this.values = values;
  }

  /** No timeouts but for closing, limits of 128 KiB, and small writes that are sent at once. */
  public static StreamOptions defaults() {
    return DEFAULTS;
  }

  private StreamOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new StreamOptions(changed);
  }

  /** TCP only: send small writes at once; on unless said otherwise. */
  public StreamOptions noDelay(boolean on) {
    return with(v -> v.noDelay = on);
  }

  /** TCP only: have the kernel probe silent peers; off unless said otherwise. */
  public StreamOptions keepAlive(boolean on) {
    return with(v -> v.keepAlive = on);
  }

  /**
   * What closing does with bytes that the kernel has not sent yet: -1, the default, sends them in
   * the background, 0 resets the connection.
   */
  public StreamOptions lingerSeconds(int value) {
    Checks.between("lingerSeconds", value, -1, 65535);
    return with(v -> v.lingerSeconds = value);
  }

  /** The kernel's buffer for sending; 0, the default, leaves it to the kernel. */
  public StreamOptions sendBufferBytes(int value) {
    Checks.atLeast("sendBufferBytes", value, 0);
    return with(v -> v.sendBufferBytes = value);
  }

  /** The kernel's buffer for receiving; 0, the default, leaves it to the kernel. */
  public StreamOptions receiveBufferBytes(int value) {
    Checks.atLeast("receiveBufferBytes", value, 0);
    return with(v -> v.receiveBufferBytes = value);
  }

  /** Reading stops while more than this is received and not consumed; 128 KiB by default. */
  public StreamOptions inputLimitBytes(int value) {
    Checks.atLeast("inputLimitBytes", value, 1);
    return with(v -> v.inputLimitBytes = value);
  }

  /** Writers park while more than this waits to be sent; 128 KiB by default. */
  public StreamOptions outputLimitBytes(int value) {
    Checks.atLeast("outputLimitBytes", value, 1);
    return with(v -> v.outputLimitBytes = value);
  }

  /**
   * The stream fails after a time in which nothing moved; zero, the default, is off. A peer whose
   * bytes could not be received for want of the loop's memory gets as much time again.
   */
  public StreamOptions idleTimeout(Duration value) {
    Checks.notNegative("idleTimeout", value);
    return with(v -> v.idleTimeout = value);
  }

  /**
   * A parked read fails after this, and the stream goes on; zero, the default, is off. It waits for
   * the loop's memory as {@link #idleTimeout} does.
   */
  public StreamOptions readTimeout(Duration value) {
    Checks.notNegative("readTimeout", value);
    return with(v -> v.readTimeout = value);
  }

  /**
   * The stream fails when nothing that waits to be sent moved for this long; zero, the default, is
   * off.
   */
  public StreamOptions writeTimeout(Duration value) {
    Checks.notNegative("writeTimeout", value);
    return with(v -> v.writeTimeout = value);
  }

  /**
   * How long closing tries to send what is left, and discards what still comes; 10 s by default.
   */
  public StreamOptions closeTimeout(Duration value) {
    Checks.notNegative("closeTimeout", value);
    return with(v -> v.closeTimeout = value);
  }

  /**
   * Closing an accepted stream that has sent something discards at most this much that its peer
   * goes on sending, for {@link #closeTimeout} at most, so that the peer can read the answer.
   * Beyond it, or if it is 0, the kernel resets the connection. 16 MiB by default.
   */
  public StreamOptions discardLimitBytes(int value) {
    Checks.atLeast("discardLimitBytes", value, 0);
    return with(v -> v.discardLimitBytes = value);
  }

  /** Expect a few bytes now and then on very many streams; off unless said otherwise. */
  public StreamOptions sparse(boolean on) {
    return with(v -> v.sparse = on);
  }

  /**
   * How fast the stream receives, on average: a peer that sends faster is slowed down. A tenth of
   * it may come at once. 0, the default, is without a limit; {@link ByteRateLimit} is for several
   * streams.
   */
  public StreamOptions inputBytesPerSecond(long value) {
    Checks.rate("inputBytesPerSecond", value);
    return with(v -> v.inputBytesPerSecond = value);
  }

  /** How fast the stream sends, on average; see {@link #inputBytesPerSecond(long)}. */
  public StreamOptions outputBytesPerSecond(long value) {
    Checks.rate("outputBytesPerSecond", value);
    return with(v -> v.outputBytesPerSecond = value);
  }

  // ---- what is set

  public boolean noDelay() {
    return values.noDelay;
  }

  public boolean keepAlive() {
    return values.keepAlive;
  }

  public int lingerSeconds() {
    return values.lingerSeconds;
  }

  public int sendBufferBytes() {
    return values.sendBufferBytes;
  }

  public int receiveBufferBytes() {
    return values.receiveBufferBytes;
  }

  public int inputLimitBytes() {
    return values.inputLimitBytes;
  }

  public int outputLimitBytes() {
    return values.outputLimitBytes;
  }

  public Duration idleTimeout() {
    return values.idleTimeout;
  }

  public Duration readTimeout() {
    return values.readTimeout;
  }

  public Duration writeTimeout() {
    return values.writeTimeout;
  }

  public Duration closeTimeout() {
    return values.closeTimeout;
  }

  public int discardLimitBytes() {
    return values.discardLimitBytes;
  }

  public boolean sparse() {
    return values.sparse;
  }

  public long inputBytesPerSecond() {
    return values.inputBytesPerSecond;
  }

  public long outputBytesPerSecond() {
    return values.outputBytesPerSecond;
  }

  private List<Object> all() {
    Values v = values;
    return List.of(
        v.noDelay,
        v.keepAlive,
        v.lingerSeconds,
        v.sendBufferBytes,
        v.receiveBufferBytes,
        v.inputLimitBytes,
        v.outputLimitBytes,
        v.idleTimeout,
        v.readTimeout,
        v.writeTimeout,
        v.closeTimeout,
        v.discardLimitBytes,
        v.sparse,
        v.inputBytesPerSecond,
        v.outputBytesPerSecond);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StreamOptions options && all().equals(options.all());
  }

  @Override
  public int hashCode() {
    return all().hashCode();
  }

  @Override
  public String toString() {
    return "StreamOptions" + all();
  }
}
