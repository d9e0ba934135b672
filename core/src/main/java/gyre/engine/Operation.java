package gyre.engine;

import org.jspecify.annotations.Nullable;

/**
 * A reusable request to the engine, owned by the handle that submits it.
 *
 * <p>State machine, driven by the engine alone:
 *
 * <pre>
 *   IDLE --submit--&gt; ACTIVE --terminal completion--&gt; IDLE
 *                    ACTIVE --cancel--&gt; CANCELLING --terminal completion--&gt; IDLE
 * </pre>
 *
 * <p>Every submitted operation gets exactly one terminal completion, {@link #ended}, also after a
 * cancel; a multishot operation gets any number of others before it. At the moment of the terminal
 * callback the operation is IDLE again, so that the callback may submit it anew. Callbacks run on
 * the loop's thread inside {@link Engine#dispatch}, never inside {@link Engine#submit} or {@link
 * Engine#cancel}, and must not throw.
 *
 * <p>On one descriptor at most one operation that receives (accept, receive, receiveFrom), one
 * connect or send, and one poll may be not idle at the same time; of sendTo there may be any
 * number, and they are sent in the order of their submission.
 */
public abstract class Operation {

  /** What the engine knows of an operation. */
  public enum State {
    IDLE,
    ACTIVE,
    CANCELLING
  }

  /** Where an active operation is, in the hands of its engine. */
  public enum Phase {
    /** Handed to the engine, which has not looked at it yet. */
    SUBMITTED,
    /** There was no room for its request, which is to be made later. */
    DEFERRED,
    /** A request is queued or with the kernel. */
    IN_FLIGHT,
    /** Sent without asking for a completion: over unless one comes. */
    QUIET,
    /** It waits for its descriptor to become ready. */
    PARKED,
    /** Ready, but there is no memory to receive into. */
    STARVING,
    /** With a helper thread, or in line for one. */
    WORKING,
    /** The result is known, but the request has not let go yet. */
    ENDING,
    /** Nothing is with the kernel; the result is known and waits to be told. */
    ENDED
  }

  /** The engine's descriptor that this operation works on; set before submit. */
  public int descriptor = -1;

  // The rest is for the engine alone to write.

  public State state = State.IDLE;

  public Phase phase = Phase.ENDED;

  /** What identifies its present request. */
  public long tag;

  /** Its place in the engine's table, or -1. */
  public int index = -1;

  /** Bytes on their way; or the result where it is known but not told yet. */
  public int value;

  /** Position of its entry in a queue. */
  public int sequence;

  /** What an engine remembers of it from one request to the next. */
  public int engineBits;

  /** The one behind this in whichever queue of the engine holds it. */
  public @Nullable Operation next;

  protected Operation() {}

  public abstract OperationKind kind();

  /**
   * Terminal.
   *
   * @param result what the kind says of its success, else a negative errno, {@code -ECANCELED}
   *     after a cancel
   */
  public abstract void ended(int result);

  public final boolean isIdle() {
    return state == State.IDLE;
  }
}
