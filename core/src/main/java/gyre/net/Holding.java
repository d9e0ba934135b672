package gyre.net;

import org.jspecify.annotations.Nullable;

/**
 * What {@link MemoryPolicy} knows of a stream while memory is scarce and it holds or wants more
 * than a little. All of these fields are the policy's. Apart from the stream, since most streams
 * are idle most of the time and should take little.
 */
final class Holding {
  /** Bytes that it may hold of what it receives, all in all; of who is GRANTED or WAITING. */
  int claim;

  /** What of the budget is set aside in the pool and was not received yet. */
  long promise;

  /** Memory that its input may hold when the claim is filled. */
  long budget;

  /** When it began to wait for its turn. */
  long waitingNanos;

  /** It wants to write, and is told when there is room. */
  boolean awaitsRoom;

  /** Before this it is not told: it was refused though there is room, and wants more than that. */
  long refusedUntilNanos;

  /** When it last got on, and how many bytes had left it by then. */
  long markNanos;

  long markMoved;

  /** While victims are looked for: the logarithm of what its end would give back. */
  int sizeClass;

  /** Links among the holders, in the order in which they came. */
  @Nullable Holder holdsNext;

  @Nullable Holder holdsPrevious;

  /** Links among those that wait. */
  @Nullable Holder waitsNext;

  @Nullable Holder waitsPrevious;
}
