package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.Registration;
import gyre.Scope;
import gyre.Source;
import gyre.WaitPoint;
import gyre.spi.Internals;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One answer to one question. It is tied to the fiber or scope that is to answer: if that ends
 * without an answer, the asker is told at once, and does not wait for ever.
 *
 * <pre>{@code
 * Reply<Account> reply = Reply.from(worker);
 * questions.send(new Lookup("alice", reply));
 * Account account = reply.await();
 * }</pre>
 *
 * <pre>
 *   OPEN --answer--&gt; ANSWERED
 *     |---fail, or the answering side ends--&gt; FAILED
 *     '---abandon, or the asker is cancelled--&gt; ABANDONED
 * </pre>
 *
 * <ul>
 *   <li><b>Threads:</b> on the loop that it was made on.
 *   <li><b>Cancellation:</b> an asker that is cancelled while it waits abandons the reply, which
 *       the answering side sees by {@link #isAbandoned} or {@link #abandoned}.
 *   <li><b>Closing:</b> the first of answer, failure and leaving counts; a second answer is
 *       refused.
 *   <li><b>Fairness:</b> several may await the same reply, and all get the answer.
 *   <li><b>Cost:</b> some small objects. It need not be closed.
 * </ul>
 */
public final class Reply<T> {
  private enum State {
    OPEN,
    ANSWERED,
    FAILED,
    ABANDONED
  }

  private final Loop loop = Loop.current();
  private final Level answered =
      new Level(() -> state() != State.OPEN, () -> "waiting for an answer of " + who());
  private final WaitPoint abandoned =
      new Level(() -> state() == State.ABANDONED, () -> "waiting until nobody wants the answer");
  private final String who;
  private State state = State.OPEN;
  private @Nullable T answer;
  private @Nullable RuntimeException failure;
  private @Nullable Registration tie;
  private int waiting;

  Reply(String who) {
    this.who = who;
  }

  /** A reply that {@code answerer} is to give. It fails when that fiber ends without it. */
  public static <T> Reply<T> from(Fiber<?> answerer) {
    Reply<T> reply = new Reply<>("fiber " + answerer.name());
    reply.tieTo(answerer.end(), () -> reply.endedWithoutAnswer(failureOf(answerer)));
    return reply;
  }

  /** A reply that some fiber of {@code scope} is to give. It fails when none is left there. */
  public static <T> Reply<T> from(Scope scope) {
    Reply<T> reply = new Reply<>("scope " + scope);
    reply.tieTo(scope.end(), () -> reply.endedWithoutAnswer(null));
    return reply;
  }

  private void tieTo(Source end, Runnable ended) {
    Registration made = Internals.onReady(loop, end, ended);
    if (state == State.OPEN) {
      tie = made;
    }
  }

  private static @Nullable Throwable failureOf(Fiber<?> ended) {
    try {
      Object ignored = ended.outcome();
      return null;
    } catch (Throwable failure) {
      return failure;
    }
  }

  private void endedWithoutAnswer(@Nullable Throwable cause) {
    boolean ignored = fail(new ReplyFailedException(who + " ended without an answer", cause));
  }

  // ---- the side that answers

  /** Gives the answer; false, and without effect, if nobody waits for one any more. */
  public boolean answer(T value) {
    Internals.checkThread(loop);
    Objects.requireNonNull(value, "answer");
    if (state != State.OPEN) {
      return false;
    }
    answer = value;
    end(State.ANSWERED);
    return true;
  }

  /**
   * Says that there will be no answer; false, and without effect, if nobody waits for one any more.
   *
   * @param reason what {@link #await} throws
   */
  public boolean fail(RuntimeException reason) {
    Internals.checkThread(loop);
    Objects.requireNonNull(reason, "reason");
    if (state != State.OPEN) {
      return false;
    }
    failure = reason;
    end(State.FAILED);
    return true;
  }

  /** Whether the asker has gone away: an answer would be in vain. */
  public boolean isAbandoned() {
    Internals.checkThread(loop);
    return state == State.ABANDONED;
  }

  /** Ready once the asker has gone away, for a side that works long on the answer. */
  public Source abandoned() {
    return abandoned;
  }

  // ---- the side that asks

  /**
   * Waits for the answer.
   *
   * @throws ReplyFailedException if who was to answer has ended without doing so
   * @throws gyre.CancelledException if the calling fiber is cancelled; if no other waits for the
   *     reply too, it is abandoned
   */
  public T await() {
    Fiber<?> caller = Internals.callerOn(loop);
    waiting++;
    try {
      Internals.checkCancelled(caller);
      Internals.await(caller, answered);
    } finally {
      waiting--;
      if (waiting == 0 && state == State.OPEN) {
        abandon();
      }
    }
    return outcome();
  }

  /** Ready once {@link #await} need not wait. */
  public Source answered() {
    return answered;
  }

  /** Says that the answer is not wanted any more. Has no effect after the answer. */
  public void abandon() {
    Internals.checkThread(loop);
    if (state == State.OPEN) {
      end(State.ABANDONED);
    }
  }

  private T outcome() {
    return switch (state) {
      case ANSWERED -> {
        T value = answer;
        assert value != null;
        yield value;
      }
      case FAILED -> {
        RuntimeException thrown = failure;
        assert thrown != null;
        throw thrown;
      }
      case ABANDONED -> throw new ReplyFailedException("the reply was abandoned", null);
      case OPEN -> throw new AssertionError("awaited, and open");
    };
  }

  private void end(State how) {
    assert state == State.OPEN : "a reply ends once";
    state = how;
    if (tie != null) {
      tie.close();
      tie = null;
    }
    answered.wakeAll();
    if (how == State.ABANDONED) {
      abandoned.wakeAll();
    }
  }

  private State state() {
    return state;
  }

  private String who() {
    return who;
  }

  @Override
  public String toString() {
    return "reply of " + who + "[" + state + "]";
  }
}
