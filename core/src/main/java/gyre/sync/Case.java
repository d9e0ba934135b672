package gyre.sync;

import gyre.Deadline;
import gyre.Source;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One of the things that a {@link Select} can do, and what follows. Made by the methods of {@link
 * Select}; belongs to one of them.
 *
 * <pre>
 *   begin → attempt ─ yes ──────────────────────────→ finish
 *              └─ no, of all → source → wait → isSettled or attempt → finish
 * </pre>
 */
public abstract sealed class Case<R> {
  private Case() {}

  /** A select begins. */
  void begin() {}

  /** Does it if that needs no waiting. */
  abstract boolean attempt();

  /** What to wait for until it can be attempted, or has been done. */
  abstract @Nullable Source source();

  /** Whether it was done while the fiber waited. */
  boolean isSettled() {
    return false;
  }

  /** After an attempt that answered yes, or if it is settled. */
  abstract R finish();

  /** The wait has ended, in whatever way. */
  void end() {}

  /** Another case was done, or none: lets go of what this one holds. */
  void forget() {}

  /** A source that says by itself whether it is ready. */
  static final class OnSource<R> extends Case<R> {
    private final Source source;
    private final Supplier<? extends R> then;

    OnSource(Source source, Supplier<? extends R> then) {
      this.source = Objects.requireNonNull(source, "source");
      this.then = Objects.requireNonNull(then, "then");
    }

    @Override
    boolean attempt() {
      return source.isReady();
    }

    @Override
    Source source() {
      return source;
    }

    @Override
    R finish() {
      return then.get();
    }
  }

  /** A limit of time, counted anew for each select. */
  static final class Timeout<R> extends Case<R> {
    private final Duration limit;
    private final Supplier<? extends R> then;
    private @Nullable Deadline deadline;

    Timeout(Duration limit, Supplier<? extends R> then) {
      this.limit = limit;
      this.then = Objects.requireNonNull(then, "then");
    }

    @Override
    void begin() {
      deadline = null;
    }

    @Override
    boolean attempt() {
      return deadline == null ? !limit.isPositive() : deadline.isReady();
    }

    /** The time is asked for only where the fiber has to wait. */
    @Override
    Source source() {
      Deadline known = deadline;
      if (known == null) {
        known = Deadline.in(limit);
        deadline = known;
      }
      return known;
    }

    @Override
    R finish() {
      return then.get();
    }
  }

  /** What is done if nothing else can be. */
  static final class Otherwise<R> extends Case<R> {
    private final Supplier<? extends R> then;

    Otherwise(Supplier<? extends R> then) {
      this.then = Objects.requireNonNull(then, "then");
    }

    @Override
    boolean attempt() {
      return true;
    }

    @Override
    @Nullable Source source() {
      return null;
    }

    @Override
    R finish() {
      return then.get();
    }
  }

  /**
   * Receives from a channel between threads, on which others may be quicker: the attempt may fail
   * though the source was ready.
   */
  static final class ReceivingShared<T, R> extends Case<R> {
    private final SharedChannel<T> channel;
    private final Function<? super Received<T>, ? extends R> then;
    private @Nullable Received<T> received;

    ReceivingShared(SharedChannel<T> channel, Function<? super Received<T>, ? extends R> then) {
      this.channel = channel;
      this.then = Objects.requireNonNull(then, "then");
    }

    @Override
    boolean attempt() {
      received = channel.tryReceive() instanceof Received<T> something ? something : null;
      return received != null;
    }

    @Override
    Source source() {
      return channel.receivable();
    }

    @Override
    R finish() {
      Received<T> something = received;
      assert something != null;
      received = null;
      return then.apply(something);
    }
  }

  /** Sends to a channel between threads. */
  static final class SendingShared<T, R> extends Case<R> {
    private final SharedChannel<T> channel;
    private final Supplier<? extends T> item;
    private final Function<? super Sent, ? extends R> then;
    private @Nullable T offered;
    private Sent outcome = Sent.FULL;

    SendingShared(
        SharedChannel<T> channel,
        Supplier<? extends T> item,
        Function<? super Sent, ? extends R> then) {
      this.channel = channel;
      this.item = item;
      this.then = Objects.requireNonNull(then, "then");
    }

    @Override
    void begin() {
      offered = Objects.requireNonNull(item.get(), "item");
    }

    @Override
    boolean attempt() {
      T held = offered;
      assert held != null;
      outcome = channel.trySend(held);
      return outcome != Sent.FULL;
    }

    @Override
    Source source() {
      return channel.sendable();
    }

    @Override
    void forget() {
      offered = null;
    }

    @Override
    R finish() {
      offered = null;
      return then.apply(outcome);
    }
  }

  /** Receives from a channel of the loop. */
  static final class Receiving<T, R> extends Case<R> {
    private final Channel<T> channel;
    private final Function<? super Received<T>, ? extends R> then;
    private @Nullable Place<T> place;
    private @Nullable T item;

    Receiving(Channel<T> channel, Function<? super Received<T>, ? extends R> then) {
      this.channel = channel;
      this.then = Objects.requireNonNull(then, "then");
    }

    @Override
    boolean attempt() {
      item = channel.poll();
      return item != null || channel.isOver();
    }

    @Override
    Source source() {
      assert place == null;
      Place<T> opened = channel.receivers().open(null);
      place = opened;
      return opened;
    }

    @Override
    boolean isSettled() {
      Place<T> held = place;
      if (held == null || !held.isDone()) {
        return false;
      }
      item = held.item();
      return true;
    }

    @Override
    void end() {
      if (place != null) {
        channel.receivers().release(place);
        place = null;
      }
    }

    @Override
    R finish() {
      T received = item;
      item = null;
      return then.apply(received == null ? channel.end() : new Received.Value<>(received));
    }
  }

  /** Sends to a channel of the loop. */
  static final class Sending<T, R> extends Case<R> {
    private final Channel<T> channel;
    private final Supplier<? extends T> item;
    private final Function<? super Sent, ? extends R> then;
    private @Nullable Place<T> place;
    private @Nullable T offered;
    private Sent outcome = Sent.FULL;

    Sending(
        Channel<T> channel, Supplier<? extends T> item, Function<? super Sent, ? extends R> then) {
      this.channel = channel;
      this.item = item;
      this.then = Objects.requireNonNull(then, "then");
    }

    @Override
    void begin() {
      offered = Objects.requireNonNull(item.get(), "item");
    }

    @Override
    boolean attempt() {
      outcome = channel.offer(offered());
      return outcome != Sent.FULL;
    }

    private T offered() {
      T held = offered;
      assert held != null;
      return held;
    }

    @Override
    Source source() {
      assert place == null;
      Place<T> opened = channel.senders().open(offered());
      place = opened;
      return opened;
    }

    @Override
    boolean isSettled() {
      if (place == null || !place.isDone()) {
        return false;
      }
      outcome = Sent.SENT;
      return true;
    }

    @Override
    void end() {
      if (place != null) {
        channel.senders().release(place);
        place = null;
      }
    }

    @Override
    void forget() {
      offered = null;
    }

    @Override
    R finish() {
      Sent sent = outcome;
      offered = null;
      return then.apply(sent);
    }
  }
}
