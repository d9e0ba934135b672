package gyre.sync;

import gyre.Fiber;
import gyre.Loop;
import gyre.Registration;
import gyre.Scope;
import gyre.Source;
import gyre.spi.Internals;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
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
 *   <li><b>Threads:</b> everything may be called from any thread. Fibers of any loop are parked
 *       where they have to wait, and plain threads are blocked. What was done before the answer was
 *       given is seen by who has got it.
 *   <li><b>Cancellation:</b> an asker that is cancelled, or whose thread is interrupted, while it
 *       waits abandons the reply, which the answering side sees by {@link #isAbandoned} or {@link
 *       #abandoned}.
 *   <li><b>Closing:</b> the first of answer, failure and leaving counts; a second answer is
 *       refused.
 *   <li><b>Fairness:</b> several may await the same reply, and all get the answer.
 *   <li><b>Cost:</b> some small objects, and a task for the answering loop where the asker is on
 *       another one. It need not be closed.
 * </ul>
 */
public final class Reply<T> {
  private final AtomicReference<@Nullable End<T>> end = new AtomicReference<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final String who;
  private final @Nullable Loop answering;

  /** What is told when the answering side ends; closed on its loop. */
  private volatile @Nullable Registration tie;

  /** Made when somebody waits. */
  private volatile @Nullable SharedLine answered;

  private volatile @Nullable SharedLine abandoned;

  /** How it ended; open while there is none. */
  private sealed interface End<T> {
    record Answered<T>(T value) implements End<T> {}

    record Failed<T>(RuntimeException reason) implements End<T> {}

    record Abandoned<T>() implements End<T> {}
  }

  /** One that whoever made it has to end. */
  Reply(String who) {
    this.who = who;
    this.answering = null;
  }

  private Reply(
      String who, Loop answering, Supplier<Source> end, Supplier<@Nullable Throwable> cause) {
    this.who = who;
    this.answering = answering;
    if (Internals.isOn(answering)) {
      tieTo(answering, end, cause);
    } else {
      try {
        answering.post(new FarTie(() -> tieTo(answering, end, cause)));
      } catch (RejectedExecutionException e) {
        endedWithoutAnswer(e);
      }
    }
  }

  /**
   * A reply that {@code answerer} is to give. It fails when that fiber ends without it. If that is
   * one of another loop, it also fails at once if that loop is closed or its inbox full.
   */
  public static <T> Reply<T> from(Fiber<?> answerer) {
    return new Reply<>(
        "fiber " + answerer.name(),
        Internals.loop(answerer),
        answerer::end,
        () -> failureOf(answerer));
  }

  /** A reply that some fiber of {@code scope} is to give. It fails when none is left there. */
  public static <T> Reply<T> from(Scope scope) {
    return new Reply<>("scope " + scope, Internals.loop(scope), scope::end, () -> null);
  }

  /** Makes the tie on the answering loop, or is closed by it. */
  private final class FarTie implements Runnable, AutoCloseable {
    private final Runnable action;

    FarTie(Runnable action) {
      this.action = action;
    }

    @Override
    public void run() {
      action.run();
    }

    @Override
    public void close() {
      endedWithoutAnswer(null);
    }
  }

  /** On the answering loop. */
  private void tieTo(Loop loop, Supplier<Source> ending, Supplier<@Nullable Throwable> cause) {
    if (isOpen()) {
      Registration made =
          Internals.onReady(loop, ending.get(), () -> endedWithoutAnswer(cause.get()));
      tie = made;
      if (!isOpen()) { // meanwhile, by one who has seen no tie
        made.close();
      }
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
    return endBy(new End.Answered<>(Objects.requireNonNull(value, "answer")));
  }

  /**
   * Says that there will be no answer; false, and without effect, if nobody waits for one any more.
   *
   * @param reason what {@link #await} throws
   */
  public boolean fail(RuntimeException reason) {
    return endBy(new End.Failed<>(Objects.requireNonNull(reason, "reason")));
  }

  /** Whether the asker has gone away: an answer would be in vain. */
  public boolean isAbandoned() {
    return end.get() instanceof End.Abandoned<T>;
  }

  /**
   * Ready once the asker has gone away, for a side that works long on the answer. For fibers of any
   * loop.
   */
  public Source abandoned() {
    SharedLine known = abandoned;
    return known == null ? makeAbandoned() : known;
  }

  // ---- the side that asks

  /**
   * Waits for the answer.
   *
   * @throws ReplyFailedException if who was to answer has ended without doing so
   * @throws gyre.CancelledException if the calling fiber is cancelled, or the calling thread
   *     interrupted; if no other waits for the reply too, it is abandoned
   */
  public T await() {
    int ignored = waiting.getAndIncrement();
    try {
      SharedWait.checkCancelled();
      if (isOpen()) {
        boolean ready = new SharedWait(null).until(answeredLine());
        assert ready : "no limit";
      }
    } finally {
      if (waiting.decrementAndGet() == 0) {
        abandon();
      }
    }
    return outcome();
  }

  /** Ready once {@link #await} need not wait. For fibers of any loop. */
  public Source answered() {
    return answeredLine();
  }

  /** Says that the answer is not wanted any more. Has no effect after the answer. */
  public void abandon() {
    boolean ignored = isOpen() && endBy(new End.Abandoned<>());
  }

  private T outcome() {
    return switch (end.get()) {
      case End.Answered<T>(T value) -> value;
      case End.Failed<T>(RuntimeException reason) -> throw reason;
      case End.Abandoned<T>() -> throw new ReplyFailedException("the reply was abandoned", null);
      case null -> throw new AssertionError("awaited, and open");
    };
  }

  // ---- inside

  private boolean isOpen() {
    return end.get() == null;
  }

  /** The one place where it ends. */
  private boolean endBy(End<T> how) {
    if (!end.compareAndSet(null, how)) {
      return false;
    }
    untie();
    SharedLine asking = answered;
    if (asking != null) {
      asking.wakeAll();
    }
    SharedLine working = abandoned;
    if (working != null && isAbandoned()) {
      working.wakeAll();
    }
    return true;
  }

  private void untie() {
    Registration tied = tie;
    Loop loop = answering;
    if (tied != null && loop != null) {
      if (Internals.isOn(loop)) {
        tied.close();
      } else {
        Internals.handToLoop(loop, tied::close);
      }
    }
  }

  private SharedLine answeredLine() {
    SharedLine known = answered;
    return known == null ? makeAnswered() : known;
  }

  private synchronized SharedLine makeAnswered() {
    SharedLine known = answered;
    if (known == null) {
      known = new SharedLine(() -> !isOpen(), () -> "waiting for an answer of " + who);
      answered = known;
    }
    return known;
  }

  private synchronized SharedLine makeAbandoned() {
    SharedLine known = abandoned;
    if (known == null) {
      known = new SharedLine(this::isAbandoned, () -> "waiting until nobody wants the answer");
      abandoned = known;
    }
    return known;
  }

  @Override
  public String toString() {
    String state =
        switch (end.get()) {
          case End.Answered<T> _ -> "answered";
          case End.Failed<T> _ -> "failed";
          case End.Abandoned<T> _ -> "abandoned";
          case null -> "open";
        };
    return "reply of " + who + "[" + state + "]";
  }
}
