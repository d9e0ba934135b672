package gyre;

import java.util.function.Consumer;

/**
 * The wait for something that others hold. Known to this package so that a fiber can be told that
 * its wait would never be over: see {@link Deadlocks}.
 *
 * <p>No part of the API: {@code gyre.sync} extends it.
 */
public abstract class HoldWait implements Source {
  protected HoldWait() {}

  /**
   * Each fiber that has to give back what it holds before this can become ready. None where
   * somebody else could do that in its place.
   */
  protected abstract void eachHolder(Consumer<Fiber<?>> action);

  /** What is waited for: {@code mutex accounts}. */
  protected abstract String what();
}
