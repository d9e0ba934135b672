package gyre;

import gyre.loop.Mailbox;
import gyre.loop.Monitors;
import gyre.loop.Turn;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Turns a loop by hand: for programs that have a cycle of their own, as a game, the thread of a
 * user interface, or another event loop.
 *
 * <pre>{@code
 * try (Loop loop = Loop.open()) {
 *   LoopDriver driver = loop.driver();
 *   loop.start("service", this::serve);
 *   while (isRunning) {
 *     drawFrame();
 *     driver.turn();              // what has happened since the last frame
 *   }
 * }
 * }</pre>
 *
 * <p>{@link #turn()} handles what is there and does not wait. When it answers true it should be
 * called again soon, and else at {@link #nextDeadlineNanos}, or earlier when something happens.
 * What other threads hand to the loop ({@link Loop#post}, {@link Loop#call}, results of offloaded
 * work, signals, the end of a stage) is announced by {@link #onTurnNeeded}. What the kernel has
 * ready is found by turning: a program that waits for its peers turns as often as it wants to
 * react, waits by {@link #turn(Duration)}, or waits for the {@link #descriptor} in a loop of its
 * own.
 *
 * <p>All of it is for the thread that opened the loop, outside of the loop's fibers. Calls from
 * elsewhere throw {@link IllegalStateException}. What that thread does with the loop between turns,
 * as starting a fiber or a timer, may bring the next deadline nearer. A loop is driven by one at a
 * time: {@link Loop#run} may be called between turns.
 */
public final class LoopDriver {
  private final Loop loop;
  private final Turn turn;
  private final Mailbox mailbox;

  LoopDriver(Loop loop, Turn turn, Mailbox mailbox) {
    this.loop = loop;
    this.turn = turn;
    this.mailbox = mailbox;
  }

  /** One turn that does not wait. See {@link #turn(Duration)}. */
  public boolean turn() {
    return turnUntil(0);
  }

  /**
   * One turn: waits for events until the time is up, at most, handles them, and hands to the kernel
   * what came of it.
   *
   * @return whether there is more to do at once
   */
  public boolean turn(Duration timeout) {
    long nanos = Durations.nanos(timeout);
    return turnUntil(nanos == 0 ? 0 : Durations.deadline(loop.engine().nanoTime(), nanos));
  }

  private boolean turnUntil(long deadlineNanos) {
    loop.checkCanTurn();
    long turns = loop.counters().turns();
    if (turns == 0) {
      Monitors.checkNoneHeld(); // a walk of the stack: too much for every turn
    }
    assert (turns & 255) != 0 || Monitors.noneHeld(); // even for assertions
    turn.restEnds();
    turn.once(deadlineNanos);
    if (!turn.hasWork() && mailbox.isEmpty()) {
      turn.submit();
    }
    mailbox.rest();
    turn.rests();
    return turn.hasWork() || !mailbox.isEmpty();
  }

  /** Runs the loop until nothing lives in it any more but in the background; waits where needed. */
  public void runUntilIdle() {
    loop.checkCanTurn();
    Monitors.checkNoneHeld();
    turn.until(() -> isIdle() || loop.isForced());
  }

  /**
   * When the next turn is due if nothing else happens: nanoseconds from now, 0 if there is
   * something to do at once, {@link Long#MAX_VALUE} if nothing is.
   */
  public long nextDeadlineNanos() {
    loop.checkThread();
    return turn.idleNanos();
  }

  /**
   * Whether nothing lives in the loop but in the background: no fiber, no open handle, and nothing
   * posted that has not ended, as a task that is parked.
   */
  public boolean isIdle() {
    loop.checkThread();
    return loop.hasNothingToDo();
  }

  /**
   * Has {@code callback} run when another thread hands something to the loop between two turns:
   * once until the next turn, on that thread, while that is about to go on with its own work. So it
   * must be quick, must not block, and must not touch the loop; it passes the word on, for example
   * by {@code EventQueue.invokeLater(driver::turn)}. What it throws is thrown to that thread.
   * Replaces an earlier one.
   */
  public void onTurnNeeded(Runnable callback) {
    loop.checkCanTurn();
    mailbox.onRing(callback);
    mailbox.restAndLook();
  }

  /**
   * A file descriptor that is readable when a turn is due for what the kernel or another thread
   * has, so that a loop of another kind (a library's, or {@code poll} by a foreign call) can wait
   * for this one beside all else: watch it for input, level-triggered, no longer than {@link
   * #nextDeadlineNanos}; when it is ready or the time is up, call {@link #turn()} until that
   * answers false. Wait only after that.
   *
   * <p>It belongs to the loop and lives as long: nobody else may read from it or close it. Empty
   * where the engine has none: it is {@code nio} or simulated.
   */
  public OptionalInt descriptor() {
    loop.checkCanTurn();
    int descriptor = loop.engine().readyDescriptor();
    if (descriptor < 0) {
      return OptionalInt.empty();
    }
    mailbox.watchEngine();
    mailbox.restAndLook();
    return OptionalInt.of(descriptor);
  }

  /**
   * Starts {@code main} as {@link Loop#run} does, and returns at once. The fiber ends when
   * everything that was started or opened inside has; {@link Fiber#outcome} tells how.
   */
  public <T extends @Nullable Object> Fiber<T> begin(Callable<T> main) {
    loop.checkCanTurn();
    return loop.begin(main);
  }
}
