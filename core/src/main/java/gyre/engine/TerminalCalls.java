package gyre.engine;

import org.jspecify.annotations.Nullable;

/**
 * Calls on terminals, and on pipes and files that stand in for them. They don't wait, but where
 * they say so. Each answers a negative errno where it fails.
 *
 * <p>For one thread at a time.
 */
public interface TerminalCalls {
  /** A new description of a terminal, so that it not waiting is nobody else's business. */
  int open(String path);

  /** Another number for the same description, which is close-on-exec. */
  int duplicate(int descriptor);

  /** Of what no engine knows. */
  void close(int descriptor);

  boolean isTerminal(int descriptor);

  /** How a terminal is set, to be given to {@link #setSettings} again. Null where it is none. */
  byte @Nullable [] settings(int descriptor);

  int setSettings(int descriptor, byte[] settings);

  /** The same settings, but raw. */
  byte[] raw(byte[] settings);

  /** Columns in the upper 16 bits, rows below; 0 where the terminal does not know. */
  int size(int descriptor);

  int read(int descriptor, byte[] into);

  /** In one call. The number of bytes taken, maybe fewer. */
  int write(int descriptor, byte[] from, int offset, int length);

  /** How many calls of {@link #write} there were. */
  long writes();

  /** Waits until something can be read, or the time is up. */
  boolean isReadable(int descriptor, long timeoutNanos);

  boolean isWritable(int descriptor, long timeoutNanos);

  /**
   * Stops this process as Ctrl-Z does, unless somebody handles that, and answers when it goes on.
   *
   * @return {@code -EINPROGRESS} where it stops only after this turn; then the signal CONT tells
   *     that it goes on
   */
  int stop();
}
