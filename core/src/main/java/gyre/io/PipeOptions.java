package gyre.io;

import java.time.Duration;

/**
 * How the stream of a pipe, a FIFO or a terminal behaves. Immutable; each method that takes a value
 * gives a changed copy, and throws {@link IllegalArgumentException} for a value that makes no
 * sense.
 *
 * @param inputLimitBytes receiving pauses while so much is not consumed
 * @param outputLimitBytes a writer parks while more than this waits for the other side
 * @param readTimeout a read that gets nothing for so long fails, and may be tried again; zero is
 *     for ever
 * @param writeTimeout the output fails if the other side takes nothing for so long; zero is for
 *     ever
 * @param closeTimeout so long closing waits for the other side to take what was written
 */
public record PipeOptions(
    int inputLimitBytes,
    int outputLimitBytes,
    Duration readTimeout,
    Duration writeTimeout,
    Duration closeTimeout) {
  private static final int LIMIT_BYTES = 64 * 1024;
  private static final PipeOptions DEFAULTS =
      new PipeOptions(
          LIMIT_BYTES, LIMIT_BYTES, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(10));

  public PipeOptions {
    atLeastOne("inputLimitBytes", inputLimitBytes);
    atLeastOne("outputLimitBytes", outputLimitBytes);
    notNegative("readTimeout", readTimeout);
    notNegative("writeTimeout", writeTimeout);
    notNegative("closeTimeout", closeTimeout);
  }

  /**
   * No timeouts but ten seconds for closing, and limits of 64 KiB, as the kernel's own pipes have.
   */
  public static PipeOptions defaults() {
    return DEFAULTS;
  }

  public PipeOptions inputLimitBytes(int value) {
    return new PipeOptions(value, outputLimitBytes, readTimeout, writeTimeout, closeTimeout);
  }

  public PipeOptions outputLimitBytes(int value) {
    return new PipeOptions(inputLimitBytes, value, readTimeout, writeTimeout, closeTimeout);
  }

  public PipeOptions readTimeout(Duration value) {
    return new PipeOptions(inputLimitBytes, outputLimitBytes, value, writeTimeout, closeTimeout);
  }

  public PipeOptions writeTimeout(Duration value) {
    return new PipeOptions(inputLimitBytes, outputLimitBytes, readTimeout, value, closeTimeout);
  }

  public PipeOptions closeTimeout(Duration value) {
    return new PipeOptions(inputLimitBytes, outputLimitBytes, readTimeout, writeTimeout, value);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is " + value + ": must be at least 1");
    }
  }

  private static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + ": must not be negative");
    }
  }
}
