package gyre.sim.fault;

/** The kinds of things that go wrong, or differently, in a simulated world. */
public enum Fault {
  /** The kernel takes fewer bytes than a send offers. */
  SHORT_SEND,
  /** Bytes that arrive are delivered in smaller pieces, down to one. */
  SHORT_RECEIVE,
  /** A connection gets tiny buffers, so that writers wait at every step. */
  SMALL_BUFFERS,
  /** A send answers that there is no room before it waits for some. */
  FULL_BUFFER,
  /** What has happened is told late. */
  LATE_COMPLETION,
  /** Completions of different sockets change places. */
  REORDERED_COMPLETIONS,
  /** The end of an operation that was cancelled takes its time. */
  LATE_CANCEL,
  /**
   * An operation that repeats ends without being asked to, with an error that may be tried again.
   */
  EARLY_END,
  /** There is no memory to receive into for a while. */
  POOL_EXHAUSTION,
  /** A loop is held up by its machine for a while. */
  STALL,

  /** Accept fails with one of the errors that it is documented to have. */
  ACCEPT_ERROR,
  /** A connect fails with one of the errors that it is documented to have. */
  CONNECT_ERROR,
  /** A send fails with one of the errors that it is documented to have. */
  SEND_ERROR,
  /** A receive fails with one of the errors that it is documented to have. */
  RECEIVE_ERROR,
  /** A call on a socket (open, bind, listen) fails. */
  CALL_ERROR,

  /** A connect is refused, though somebody listens. */
  REFUSED_CONNECT,
  /** A connect is never answered. */
  BLACK_HOLED_CONNECT,
  /** A connection is reset from the middle of the network. */
  RESET,
  /** A packet is lost: TCP sends it again later, a datagram is gone. */
  LOSS,
  /** A datagram arrives twice. */
  DUPLICATION,
  /** A datagram overtakes those before it; a connection is slower than the others for a moment. */
  REORDERING,
  /** A direction between two hosts is slow for a while. */
  CLOG,
  /** Nothing passes between two hosts for a while, in both directions or in one. */
  PARTITION,

  /** A host goes down at once, and comes back after a while. */
  CRASH,
  /** The date of a host jumps. */
  CLOCK_STEP,
  /** The clock of a host runs fast or slow. */
  CLOCK_DRIFT,

  /** A read or write of a file moves fewer bytes than it was asked to. */
  SHORT_TRANSFER,
  /** A read, write, sync or close of a file fails. */
  FILE_ERROR,
  /** There is no space for a file, or for what is written. */
  DISK_FULL,
  /**
   * Of what was not synced when a host crashed, some is on its disk: sectors of files, and the
   * first changes of names. If this does not strike, none of it is.
   */
  TORN_WRITE,

  /** A program cannot be started, for one of the reasons that a kernel has. */
  SPAWN_ERROR,
  /** A child is killed by somebody else, in the middle of what it does. */
  CHILD_DEATH,

  // Of kernels that are played below a real engine.

  /** A kernel takes a part of the entries that a ring hands to it, and the rest the next time. */
  PARTIAL_SUBMISSION,

  /** A request that is to be cancelled is not found, and lives on. */
  MISSED_CANCEL,

  /** A request that repeats ends with a success, and has to be made anew. */
  LAST_SHOT,

  /** A readiness that was told already is told once more. */
  SPURIOUS_EVENT,

  /** A call that waits, or would have, is interrupted by a signal. */
  INTERRUPTED_CALL
}
