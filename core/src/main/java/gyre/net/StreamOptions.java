package gyre.net;

import java.time.Duration;

/**
 * How a stream behaves. Immutable; each method gives a changed copy.
 *
 * @param noDelay TCP only: send small writes at once; on unless said otherwise
 * @param keepAlive have the kernel probe silent peers
 * @param lingerSeconds what closing does with bytes that the kernel has not sent yet; -1 (the
 *     default) sends them in the background, 0 resets the connection
 * @param sendBufferBytes the kernel's buffer; 0 leaves it to the kernel
 * @param receiveBufferBytes likewise
 * @param inputLimitBytes reading stops while more than this is received and not consumed
 * @param outputLimitBytes writers park while more than this waits to be sent
 * @param idleTimeout the stream fails after a time in which nothing moved; zero is off
 * @param readTimeout a parked read fails after this, and the stream goes on; zero is off
 * @param writeTimeout the stream fails when nothing that waits to be sent moved for this long
 * @param closeTimeout how long closing tries to send what is left, and discards what still comes
 * @param discardLimitBytes closing an accepted stream that has sent something discards at most this
 *     much that its peer goes on sending, for closeTimeout at most, so that the peer can read the
 *     answer; beyond it, or if it is 0, the kernel resets the connection
 * @param sparse expect a few bytes now and then on very many streams
 */
public record StreamOptions(
    boolean noDelay,
    boolean keepAlive,
    int lingerSeconds,
    int sendBufferBytes,
    int receiveBufferBytes,
    int inputLimitBytes,
    int outputLimitBytes,
    Duration idleTimeout,
    Duration readTimeout,
    Duration writeTimeout,
    Duration closeTimeout,
    int discardLimitBytes,
    boolean sparse) {
  private static final StreamOptions DEFAULTS =
      new StreamOptions(
          true,
          false,
          -1,
          0,
          0,
          128 * 1024,
          128 * 1024,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofSeconds(10),
          16 * 1024 * 1024,
          false);

  /** Checks the values. */
  public StreamOptions {
    atLeast("sendBufferBytes", sendBufferBytes, 0);
    atLeast("receiveBufferBytes", receiveBufferBytes, 0);
    atLeast("inputLimitBytes", inputLimitBytes, 1);
    atLeast("outputLimitBytes", outputLimitBytes, 1);
    atLeast("discardLimitBytes", discardLimitBytes, 0);
    notNegative("idleTimeout", idleTimeout);
    notNegative("readTimeout", readTimeout);
    notNegative("writeTimeout", writeTimeout);
    notNegative("closeTimeout", closeTimeout);
  }

  public static StreamOptions defaults() {
    return DEFAULTS;
  }

  /** All of it, to be changed. */
  private static final class Values {
    boolean noDelay;
    boolean keepAlive;
    int lingerSeconds;
    int sendBufferBytes;
    int receiveBufferBytes;
    int inputLimitBytes;
    int outputLimitBytes;
    Duration idleTimeout;
    Duration readTimeout;
    Duration writeTimeout;
    Duration closeTimeout;
    int discardLimitBytes;
    boolean sparse;

    Values(StreamOptions from) {
      noDelay = from.noDelay;
      keepAlive = from.keepAlive;
      lingerSeconds = from.lingerSeconds;
      sendBufferBytes = from.sendBufferBytes;
      receiveBufferBytes = from.receiveBufferBytes;
      inputLimitBytes = from.inputLimitBytes;
      outputLimitBytes = from.outputLimitBytes;
      idleTimeout = from.idleTimeout;
      readTimeout = from.readTimeout;
      writeTimeout = from.writeTimeout;
      closeTimeout = from.closeTimeout;
      discardLimitBytes = from.discardLimitBytes;
      sparse = from.sparse;
    }

    StreamOptions options() {
      return new StreamOptions(
          noDelay,
          keepAlive,
          lingerSeconds,
          sendBufferBytes,
          receiveBufferBytes,
          inputLimitBytes,
          outputLimitBytes,
          idleTimeout,
          readTimeout,
          writeTimeout,
          closeTimeout,
          discardLimitBytes,
          sparse);
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private StreamOptions with(Change change) {
    Values changed = new Values(this);
    change.apply(changed);
    return changed.options();
  }

  public StreamOptions noDelay(boolean noDelay) {
    return with(v -> v.noDelay = noDelay);
  }

  public StreamOptions keepAlive(boolean keepAlive) {
    return with(v -> v.keepAlive = keepAlive);
  }

  public StreamOptions lingerSeconds(int lingerSeconds) {
    return with(v -> v.lingerSeconds = lingerSeconds);
  }

  public StreamOptions sendBufferBytes(int sendBufferBytes) {
    return with(v -> v.sendBufferBytes = sendBufferBytes);
  }

  public StreamOptions receiveBufferBytes(int receiveBufferBytes) {
    return with(v -> v.receiveBufferBytes = receiveBufferBytes);
  }

  public StreamOptions inputLimitBytes(int inputLimitBytes) {
    return with(v -> v.inputLimitBytes = inputLimitBytes);
  }

  public StreamOptions outputLimitBytes(int outputLimitBytes) {
    return with(v -> v.outputLimitBytes = outputLimitBytes);
  }

  public StreamOptions idleTimeout(Duration idleTimeout) {
    return with(v -> v.idleTimeout = idleTimeout);
  }

  public StreamOptions readTimeout(Duration readTimeout) {
    return with(v -> v.readTimeout = readTimeout);
  }

  public StreamOptions writeTimeout(Duration writeTimeout) {
    return with(v -> v.writeTimeout = writeTimeout);
  }

  public StreamOptions closeTimeout(Duration closeTimeout) {
    return with(v -> v.closeTimeout = closeTimeout);
  }

  public StreamOptions discardLimitBytes(int discardLimitBytes) {
    return with(v -> v.discardLimitBytes = discardLimitBytes);
  }

  public StreamOptions sparse(boolean sparse) {
    return with(v -> v.sparse = sparse);
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " is " + value + ": at least " + least);
    }
  }

  private static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + ": must not be negative");
    }
  }
}
