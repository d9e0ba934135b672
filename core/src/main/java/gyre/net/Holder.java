package gyre.net;

import gyre.Scope;
import org.jspecify.annotations.Nullable;

/** What {@link MemoryPolicy} knows of a stream. */
abstract sealed class Holder extends SocketHandle permits StreamCore {
  final MemoryPolicy memory;
  MemoryState memoryState = MemoryState.LIGHT;

  /** Of a message that has come in part, and was moved out of the input. */
  long keptBytes;

  private @Nullable Holding holding; // most streams never have one

  Holder(Scope owner, int descriptor) {
    super(owner, descriptor);
    this.memory = MemoryPolicy.of(loop());
  }

  /** To be asked for while memory is scarce, or it holds or waits for some. */
  final Holding holding() {
    Holding known = holding;
    if (known == null) {
      known = new Holding();
      holding = known;
    }
    return known;
  }

  /** Whether it wants to write, and is told when there is room. */
  final boolean awaitsRoom() {
    return holding != null && holding.awaitsRoom;
  }

  /** It neither holds nor claims anything any more. */
  final void forget() {
    if (holding != null && !holding.awaitsRoom) {
      holding = null;
    }
  }

  /** Whether nothing is known of it: neither does it hold anything, nor want it. */
  final boolean isForgotten() {
    return holding == null;
  }

  /** From now on it counts as standing still, until it gets on. */
  final void mark(long now) {
    Holding known = holding();
    known.markNanos = now;
    known.markMoved = moved();
  }

  /** Marks it if it got on. */
  final void touch(long now) {
    if (moved() - holding().markMoved >= Math.max(1, heldBytes())) {
      mark(now);
    }
  }

  /** Bytes received and not consumed. */
  abstract long inputSize();

  /** Memory of the pool that those keep from being used. */
  abstract long inputHeldBytes();

  /** Whether the kernel has bytes for it that were not received, which costs a system call. */
  abstract boolean isBehind();

  /** Memory of the pool that it keeps from being used, in both directions and as kept bytes. */
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
