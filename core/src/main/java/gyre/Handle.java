package gyre;

/**
 * Something in the world that a loop waits for: a socket, a listener, a timer.
 *
 * <pre>
 *   OPEN --close--&gt; CLOSING --the kernel has let go of it--&gt; CLOSED
 * </pre>
 *
 * <p>A handle belongs to the scope that it was opened in, which closes it at its own end. It is
 * confined to its loop: other threads reach it through {@link Loop#post}. What they call directly
 * throws {@link IllegalStateException}, but for what never changes ({@link #kind}, {@link #owner},
 * {@link #loop}, addresses) and for what tells how it stands: {@link #name}, {@link #state}, {@link
 * #isOpen}, {@link #pendingOperations} and {@code toString}.
 */
public interface Handle extends AutoCloseable {
  /** Life of a handle. */
  enum State {
    OPEN,
    CLOSING,
    CLOSED
  }

  /** What kind of thing this is, for example {@code tcp-stream}. */
  String kind();

  /**
   * The name given to it, or its kind and number; and the address or path of what has one. From any
   * thread.
   */
  String name();

  /** Names this handle in reports. */
  void rename(String newName);

  /** How far its life has come. From any thread. */
  State state();

  /** Whether nobody has begun to close it. From any thread. */
  boolean isOpen();

  /**
   * Number of operations that the kernel has not finished. From any thread; elsewhere than on the
   * loop it may be out of date.
   */
  int pendingOperations();

  /**
   * Whether {@link Loop#run} may return while this handle is open, which is closed then. It may not
   * if nothing is said.
   */
  void background(boolean on);

  boolean isBackground();

  /** The scope that closes this handle at its end. */
  Scope owner();

  Loop loop();

  /** Time since it was opened. */
  long ageMillis();

  /**
   * Closes this handle; the second time nothing happens. In a fiber it returns when the kernel has
   * let go of the handle and its memory, cancelled or not. In a callback it returns at once, and
   * the close goes on by itself.
   */
  @Override
  void close();
}
