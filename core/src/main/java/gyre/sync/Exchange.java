package gyre.sync;

import org.jspecify.annotations.Nullable;

/** How items change hands in a {@link SharedChannel}: over a ring, or from hand to hand. */
interface Exchange<T> {
  /** Without waiting. */
  Sent offer(T item);

  /** Without waiting: null if nothing is there. */
  @Nullable T poll();

  /** {@link Sent#FULL} when the time is up. */
  Sent send(T item, SharedWait wait);

  /** Null at the end, or when the time is up. */
  @Nullable T receive(SharedWait wait);

  /** Ready while {@link #offer} would not answer {@link Sent#FULL}. */
  SharedLine sendable();

  /** Ready while there is something to receive, or this {@link #isOver}. */
  SharedLine receivable();

  /** Once. */
  void close();

  boolean isClosed();

  /** Whether it is closed, and every item that came in was taken. */
  boolean isOver();

  /** Roughly, while others send and receive. */
  int size();

  int capacity();
}
