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
 * <p>Every submitted operation gets exactly one terminal completion, also after a cancel; a
 * multishot operation gets any number of others before it. At the moment of the terminal callback
 * the operation is IDLE again, so that the callback may submit it anew. Callbacks run on the loop's
 * thread inside {@link Engine#dispatch}, never inside {@link Engine#submit} or {@link
 * Engine#cancel}, and must not throw.
 *
 * <p>On one descriptor at most one operation that receives (accept, receive, receiveFrom), one
 * connect or send, and one poll may be not idle at the same time; of sendTo there may be any
 * number, and they are sent in the order of their submission.
 */
public abstract sealed class Operation
    permits Accept, Connect, Poll, Receive, ReceiveFrom, Send, SendTo {

  /** What the engine knows of an operation. */
  public enum State {
    IDLE,
    ACTIVE,
    CANCELLING
  }

  /** The engine's descriptor that this operation works on; set before submit. */
  public int descriptor = -1;

  /** For the engine: index of this operation in its table, or -1. */
  public int slot = -1;

  /** For the engine: scratch bits whose meaning is its own. */
  public int engineBits;

  /** For the engine: the one behind this in whichever queue of the engine holds it. */
  public @Nullable Operation next;

  /** For the engine alone to write. */
  public State state = State.IDLE;

  Operation() {}

  public final boolean isIdle() {
    return state == State.IDLE;
  }
}
