package gyre.engine;

import org.jspecify.annotations.Nullable;

/**
 * A single call on a file, which may block. Where an engine's kernel has no way to do it by itself,
 * a helper thread calls {@link #perform}.
 *
 * <p>An operation that is cancelled may have been quicker: then its result is that of a success,
 * and what it brought is the owner's.
 */
public abstract class FileOperation extends Operation {
  /** With the helper threads: how far they are with it. */
  @Nullable Object job;

  protected FileOperation() {}

  /**
   * Makes the call, and waits for it. On a helper thread: it must change nothing but its results.
   */
  public abstract int perform(FileCalls calls);

  /**
   * Nobody will be told of its result, because the engine was closed meanwhile: gives back what it
   * has brought. On any thread.
   */
  public void dropped(int result, FileCalls calls) {}
}
