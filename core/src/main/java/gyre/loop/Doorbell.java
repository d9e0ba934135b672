package gyre.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Wakes a loop that sleeps, and costs the others no system call while it is awake.
 *
 * <pre>
 *                                      --ring, answers true--&gt;
 *   AWAKE --prepareToSleep--&gt; SLEEPING                         RUNG
 *     ^                           |    &lt;---wakeFailed---------   |
 *     |                           |                             |
 *     +----------awake------------+------------awake------------+
 * </pre>
 *
 * <p>The loop: {@code prepareToSleep}; look at the queues again, and wait only if they are empty;
 * {@code awake}; handle what is in the queues. The others: enqueue; {@code ring}; if that answers
 * true, wake the engine. A wake-up ends the wait that goes on or else the next one.
 *
 * <p><b>No element is left behind by a loop that sleeps.</b> Each side stores, then fences fully,
 * then loads what the other side stored: the loop the state and then the queue, a producer its
 * element and then the state. Of two full fences one comes first. Is it the loop's, the producer
 * sees a state not older than SLEEPING. Is it the producer's, the loop sees the element and does
 * not wait. It remains to look at the states that the producer can then see:
 *
 * <ul>
 *   <li>SLEEPING: it wins the exchange and wakes the engine, or loses it to one of the other cases.
 *   <li>RUNG: another producer has won and is about to wake the engine, which ends this very wait.
 *   <li>AWAKE, but of a later time: the loop has returned from that wait, and it looks at the
 *       queues, where the element is, before it waits again.
 * </ul>
 *
 * <p>Without the producer's fence its load may be done before its store is visible (the queue's
 * offer ends with a release, which does not forbid that), and both sides see the past. A wake-up
 * that arrives late, for a wait that is over, ends the next wait early, which is harmless.
 */
public final class Doorbell {
  private static final int AWAKE = 0;
  private static final int SLEEPING = 1;
  private static final int RUNG = 2;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Doorbell.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // by its handle
  private volatile int state = AWAKE;

  /** By the loop, which must look at its queues afterwards and before it waits. */
  public void prepareToSleep() {
    assert (int) STATE.getOpaque(this) == AWAKE : "asleep already";
    STATE.setOpaque(this, SLEEPING);
    VarHandle.fullFence();
  }

  /** By the loop, after the wait and before it handles what is queued. */
  public void awake() {
    STATE.setVolatile(this, AWAKE);
  }

  /**
   * By who was told to wake the engine and could not: the next ring is told again. Harmless if the
   * loop has slept and was rung anew meanwhile, which is then woken twice.
   */
  public void wakeFailed() {
    boolean ignored = STATE.compareAndSet(this, RUNG, SLEEPING);
  }

  /**
   * By anyone, after enqueuing.
   *
   * @return whether the caller has to wake the engine
   */
  public boolean ring() {
    VarHandle.fullFence();
    return (int) STATE.getOpaque(this) == SLEEPING && STATE.compareAndSet(this, SLEEPING, RUNG);
  }
}
