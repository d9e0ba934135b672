package gyre.engine.readiness;

import gyre.engine.Operation;
import org.jspecify.annotations.Nullable;

/**
 * What a readiness engine knows of one open descriptor. A closed descriptor's number may come back
 * as another channel; this object does not.
 *
 * <p>{@link #readable} and {@link #writable} mean "a try may succeed": readiness sets them, a try
 * that would have blocked clears them. The kernel only tells of edges, so a channel that may be
 * readable and has a receiver is on the engine's ready list, always, or nobody would look at it
 * again.
 */
public class Channel {
  public final int descriptor;

  /** What is registered with the kernel: {@code Poll.READABLE}, {@code Poll.WRITABLE}. */
  public int watched;

  boolean readable;
  boolean writable = true;

  /** The peer has said that nothing comes after what is there: read on until the end shows. */
  boolean ending;

  /** Urgent data has come once: a short read may have stopped at its mark. */
  boolean hasMarks;

  /** The last receive filled all the space it got. */
  boolean bulk;

  boolean closed;
  boolean queued;
  boolean starved;

  final OperationQueue readers = new OperationQueue();
  final OperationQueue writers = new OperationQueue();
  @Nullable Operation poll;
  @Nullable Channel next;

  protected Channel(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Nobody waits for this channel to become readable. */
  public final boolean isUnread() {
    return (readers.isEmpty() || starved) && poll == null;
  }

  final boolean isIdle() {
    return readers.isEmpty() && writers.isEmpty() && poll == null;
  }
}
