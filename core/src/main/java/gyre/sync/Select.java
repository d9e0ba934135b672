package gyre.sync;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Source;
import gyre.spi.Internals;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does the first of several things that can be done: receives from one channel or sends to another,
 * goes on when a fiber has ended, a stream can be read, a time has passed, a token is cancelled.
 *
 * <pre>{@code
 * Select<Boolean> select = Select.ordered(
 *     Select.on(stop.cancelled(), () -> false),
 *     Select.receive(orders, received -> switch (received) {
 *       case Received.Value(Order order) -> handle(order);
 *       case Received.Closed() -> false;
 *       case Received.Failed(Throwable reason) -> throw new IllegalStateException(reason);
 *     }),
 *     Select.timeout(Duration.ofSeconds(10), () -> report("idle")));
 * while (select.await()) {}
 * }</pre>
 *
 * <p>Exactly one case is done, and what follows it is run after that, in the calling fiber; it may
 * wait. From the others nothing is taken and nothing is sent.
 *
 * <ul>
 *   <li><b>Order:</b> of several that can be done {@link #ordered} does the one written first, so
 *       that a stop cannot be put off by load; write what is rare first, because what stands last
 *       may starve. {@link #fair} gives all the same chance.
 *   <li><b>Cancellation:</b> a fiber that is cancelled while it waits has done none of the cases.
 *       One for which another fiber has done a case goes on with that, and its next wait tells of
 *       the cancellation.
 *   <li><b>Threads:</b> used by one fiber at a time, on the loop that it was made on. Make it once
 *       and call {@link #await} again and again.
 *   <li><b>Cost:</b> allocates nothing where a case can be done at once, but what {@link
 *       Received.Value} needs; waiters for all cases where it has to park.
 * </ul>
 */
public final class Select<R> {
  private enum Order {
    WRITTEN,
    FAIR
  }

  private final Loop loop = Loop.current();
  private final Order order;
  private final Case<? extends R>[] cases;
  private final Case.@Nullable Otherwise<? extends R> otherwise;
  private @Nullable Fiber<?> user;
  private int first;
  private int step = 1;

  @SuppressWarnings("unchecked") // arrays of generic types cannot be made otherwise
  private Select(Order order, List<Case<? extends R>> written) {
    this.order = order;
    boolean hasOtherwise =
        !written.isEmpty() && written.getLast() instanceof Case.Otherwise<? extends R>;
    this.otherwise = hasOtherwise ? (Case.Otherwise<? extends R>) written.getLast() : null;
    List<Case<? extends R>> waiting =
        hasOtherwise ? written.subList(0, written.size() - 1) : written;
    if (waiting.isEmpty()) {
      throw new IllegalArgumentException("a select needs a case that can be waited for");
    }
    for (Case<? extends R> one : waiting) {
      if (one instanceof Case.Otherwise) {
        throw new IllegalArgumentException("otherwise stands last, and once");
      }
    }
    this.cases = waiting.toArray((Case<? extends R>[]) new Case<?>[0]);
  }

  // ---- making

  /** Of several cases that can be done, the one written first is. */
  @SafeVarargs
  @SuppressWarnings("varargs") // they are copied
  public static <R> Select<R> ordered(Case<? extends R>... cases) {
    return new Select<>(Order.WRITTEN, List.of(cases));
  }

  /** Of several cases that can be done, each has the same chance. */
  @SafeVarargs
  @SuppressWarnings("varargs") // they are copied
  public static <R> Select<R> fair(Case<? extends R>... cases) {
    return new Select<>(Order.FAIR, List.of(cases));
  }

  /** When {@code source} is ready: {@code then}, which takes what was waited for, if anything. */
  public static <R> Case<R> on(Source source, Supplier<? extends R> then) {
    return new Case.OnSource<>(source, then);
  }

  /** Receives an item of {@code channel}, or its end. */
  public static <T, R> Case<R> receive(
      Channel<T> channel, Function<? super Received<T>, ? extends R> then) {
    return new Case.Receiving<>(channel, then);
  }

  /**
   * Sends {@code item} to {@code channel}. {@code then} is told {@link Sent#SENT}, or {@link
   * Sent#CLOSED} if the channel is closed.
   */
  public static <T, R> Case<R> send(
      Channel<T> channel, T item, Function<? super Sent, ? extends R> then) {
    return new Case.Sending<>(channel, () -> item, then);
  }

  /**
   * As {@link #send}, for a select that is awaited again and again: each time sends what {@code
   * item} gives at its beginning.
   */
  public static <T, R> Case<R> sendNext(
      Channel<T> channel, Supplier<? extends T> item, Function<? super Sent, ? extends R> then) {
    return new Case.Sending<>(channel, item, then);
  }

  /** Receives an item of {@code channel}, or its end. */
  public static <T, R> Case<R> receive(
      SharedChannel<T> channel, Function<? super Received<T>, ? extends R> then) {
    return new Case.ReceivingShared<>(channel, then);
  }

  /** As {@link #send(Channel, Object, Function)}. */
  public static <T, R> Case<R> send(
      SharedChannel<T> channel, T item, Function<? super Sent, ? extends R> then) {
    return sendNext(channel, () -> item, then);
  }

  /** As {@link #sendNext(Channel, Supplier, Function)}. */
  public static <T, R> Case<R> sendNext(
      SharedChannel<T> channel,
      Supplier<? extends T> item,
      Function<? super Sent, ? extends R> then) {
    return new Case.SendingShared<>(channel, item, then);
  }

  /** When nothing else could be done for {@code limit}, counted anew for each wait. */
  public static <R> Case<R> timeout(Duration limit, Supplier<? extends R> then) {
    return new Case.Timeout<>(limit, then);
  }

  /** When nothing else can be done at once: the select never waits. Stands last. */
  public static <R> Case<R> otherwise(Supplier<? extends R> then) {
    return new Case.Otherwise<>(then);
  }

  // ---- running

  /**
   * Waits until one of the cases can be done, does it, and answers what follows it.
   *
   * @throws CancelledException if the calling fiber is cancelled; nothing was done
   */
  public R await() {
    Fiber<?> caller = Internals.callerOn(loop);
    Internals.checkCancelled(caller);
    enter(caller);
    Case<? extends R> done = null;
    try {
      done = choose(caller);
    } finally {
      user = null;
      forgetAllBut(done);
    }
    return done.finish();
  }

  @SuppressWarnings("ReferenceEquality") // this very case
  private void forgetAllBut(@Nullable Case<? extends R> done) {
    for (Case<? extends R> one : cases) {
      if (one != done) {
        one.forget();
      }
    }
  }

  private void enter(Fiber<?> caller) {
    if (user != null) {
      throw new IllegalStateException(
          user.name() + " waits in this select: make one for each fiber");
    }
    user = caller;
  }

  private Case<? extends R> choose(Fiber<?> caller) {
    for (Case<? extends R> one : cases) {
      one.begin();
    }
    while (true) {
      draw(caller);
      Case<? extends R> possible = attempt();
      if (possible == null) {
        possible = otherwise != null ? otherwise : park(caller);
      }
      if (possible != null) {
        return possible;
      }
    }
  }

  /** In which order the cases are asked this time. */
  private void draw(Fiber<?> caller) {
    if (order == Order.FAIR) {
      // Both directions from each start: of any two cases each comes first in half of the orders.
      int random = mix(Internals.nextRotation(caller));
      first = Integer.remainderUnsigned(random >>> 1, cases.length);
      step = (random & 1) == 0 ? 1 : Math.max(1, cases.length - 1);
    }
  }

  private @Nullable Case<? extends R> attempt() {
    for (int i = 0, at = first; i < cases.length; i++) {
      if (cases[at].attempt()) {
        return cases[at];
      }
      at += step;
      if (at >= cases.length) {
        at -= cases.length;
      }
    }
    return null;
  }

  /** Spreads the bits of a number that counts up. */
  private static int mix(int number) {
    int bits = (number ^ (number >>> 16)) * 0x85ebca6b;
    bits = (bits ^ (bits >>> 13)) * 0xc2b2ae35;
    return bits ^ (bits >>> 16);
  }

  /**
   * Waits for all cases. Answers the one that woke the fiber, once it is done; null if somebody
   * else was quicker.
   */
  private @Nullable Case<? extends R> park(Fiber<?> caller) {
    Source[] sources = new Source[cases.length];
    int opened = 0;
    try {
      while (opened < sources.length) {
        Source source = cases[opened].source();
        assert source != null;
        sources[opened++] = source;
      }
      // No other case than this one: those that were woken too have handed that on.
      Case<? extends R> woken = caseOf(Internals.awaitFirst(caller, sources, first, step), sources);
      return woken.isSettled() || woken.attempt() ? woken : null;
    } finally {
      for (int i = 0; i < opened; i++) {
        cases[i].end();
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // this very source
  private Case<? extends R> caseOf(Source source, Source[] sources) {
    int at = 0;
    while (sources[at] != source) {
      at++;
    }
    return cases[at];
  }

  @Override
  public String toString() {
    return "select of " + cases.length + (order == Order.FAIR ? ", fair" : ", ordered");
  }
}
