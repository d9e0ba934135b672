package gyre.net;

import gyre.Scope;
import org.jspecify.annotations.Nullable;

/** What {@link MemoryPolicy} knows of a stream. All of these fields are the policy's. */
abstract sealed class Holder extends SocketHandle permits StreamCore {
  final MemoryPolicy memory;
  MemoryState memoryState = MemoryState.LIGHT;

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

  Holder(Scope owner, int descriptor) {
    super(owner, descriptor);
    this.memory = MemoryPolicy.of(loop());
  }

  /** From now on it counts as standing still, until it gets on. */
  final void mark(long now) {
    markNanos = now;
    markMoved = moved();
  }

  /** Marks it if it got on. */
  final void touch(long now) {
    if (moved() - markMoved >= Math.max(1, heldBytes())) {
      mark(now);
    }
  }

  /** Bytes received and not consumed. */
  abstract long inputSize();

  /** Memory of the pool that those keep from being used. */
  abstract long inputHeldBytes();

  /** Whether the kernel has bytes for it that were not received, which costs a system call. */
  abstract boolean isBehind();

  /** Memory of the pool that it keeps from being used, in both directions. */
  abstract long heldBytes();

  /** Bytes that have left it: consumed or sent. Never falls. */
  abstract long moved();

  /** How many bytes whoever reads from it needs there to be, all in all; 0 if nobody reads. */
  abstract int wanted();

  /** Whether bytes wait for its peer to take them. */
  abstract boolean hasOutput();

  /** Whether it was made from here: somebody who was accepted may wait for its answer. */
  abstract boolean isOurs();

  /** Copies what it holds out of the engine's memory, and stops receiving if that is too much. */
  abstract void tighten();

  /** May receive now. */
  abstract void granted();

  /** There is room for output again. */
  abstract void roomCame();

  /** Ends it at once. */
  abstract void shed(String why);
}
