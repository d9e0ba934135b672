package gyre.engine.uring;

import gyre.engine.Operation;
import org.jspecify.annotations.Nullable;

/** The engine's side of one active operation. */
final class Slot {
  /** Where the operation is, besides being in the kernel's hands. */
  enum Phase {
    /** A request is queued or with the kernel. */
    IN_FLIGHT,
    /** Sent without asking for a completion: over unless one comes. */
    QUIET,
    /** The result is known, but the request has not let go yet. */
    ENDING,
    /** Ready, but there is no memory to receive into. */
    STARVING,
    /** There was no room for the request, which is to be queued later. */
    DEFERRED,
    /** No request is with the kernel; the result is known and waits to be told. */
    ENDED
  }

  final int index;

  @Nullable Operation operation;
  Phase phase = Phase.IN_FLIGHT;

  /** What identifies the present request in completions. */
  long userData;

  /** Changes when the slot is freed. */
  int generation;

  /** Of the entry in the submission ring, for quiet sends. */
  int sequence;

  /**
   * Bytes on their way; or the result where it is known but not told yet; or, for receives, whether
   * anything came since the last request.
   */
  int value;

  Slot(int index) {
    this.index = index;
  }

  Operation operation() {
    Operation present = operation;
    assert present != null : "nobody is in this slot";
    return present;
  }
}
