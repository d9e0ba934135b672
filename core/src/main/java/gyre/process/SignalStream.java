package gyre.process;

import gyre.CancelledException;
import gyre.Loop;
import gyre.Scope;
import gyre.Source;
import gyre.engine.Environment;
import gyre.spi.EventResource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Signals of the operating system, as they come in.
 *
 * <pre>{@code
 * try (SignalStream signals = SignalStream.open(OsSignal.HUP)) {
 *   while (true) {
 *     signals.next();
 *     reload();
 *   }
 * }
 * }</pre>
 *
 * <p>Any number of streams, on any loops, may subscribe to one signal: each is told of it. As long
 * as one does, the signal has no other effect; after the last it has the effect that it had before.
 * Several arrivals of a signal before it is taken are one event with their count. The system
 * coalesces them as well, so that count is a lower bound.
 *
 * <p>While it is open it keeps {@link Loop#run} from returning, unless it is in the {@link
 * #background}. In a loop that drains it is over once what has come is taken.
 *
 * <p>A program that was started with INT, TERM or HUP ignored (by {@code nohup}, or in the
 * background of a script) never gets that one.
 */
@SuppressWarnings("exports") // EventResource is for the packages of handles
public final class SignalStream extends EventResource<SignalEvent> {
  private static final int COUNT_LIMIT = 1_000_000;

  /** A signal that is subscribed to. */
  private final class Line {
    final OsSignal signal;

    /** Written by the threads that signals come on. */
    final AtomicInteger count = new AtomicInteger();

    final Runnable reached = () -> reached(this);
    Environment.@Nullable Subscription subscription;

    Line(OsSignal signal) {
      this.signal = signal;
    }

    /** On whatever thread. At most one step for the loop is on its way at a time. */
    void arrived() {
      if (count.getAndUpdate(n -> n == COUNT_LIMIT ? n : n + 1) == 0) {
        handToLoop(reached);
      }
    }
  }

  private final String names;
  private final List<Line> lines = new ArrayList<>();

  /** Those with something to tell, in the order in which they came; each stands here once. */
  private final ArrayDeque<Line> waiting = new ArrayDeque<>();

  private SignalStream(Scope owner, Set<OsSignal> signals) {
    super(owner);
    this.names = String.join(", ", signals.stream().map(OsSignal::name).toList());
  }

  /**
   * Subscribes to signals, in the current scope.
   *
   * @throws IllegalArgumentException if a program can't receive one of them: the message says why
   * @throws UnsupportedOperationException if this JVM can't, because it runs with {@code -Xrs}
   */
  public static SignalStream open(OsSignal first, OsSignal... more) {
    EnumSet<OsSignal> signals = EnumSet.of(first, more);
    for (OsSignal signal : signals) {
      String why = signal.refusal().orElse(null);
      if (why != null) {
        throw new IllegalArgumentException("receive SIG" + signal + ": " + why);
      }
    }
    Scope owner = Scope.current();
    checkCanOpen(owner);
    SignalStream stream = new SignalStream(owner, signals);
    try {
      stream.subscribe(signals);
    } catch (Throwable e) {
      stream.closeSoon();
      throw e;
    }
    return stream;
  }

  private void subscribe(Set<OsSignal> signals) {
    Environment.Signals all = environmentOf(loop()).signals();
    for (OsSignal signal : signals) {
      Line line = new Line(signal);
      line.subscription = all.subscribe(signal.name(), line::arrived);
      lines.add(line);
    }
  }

  // ---- direct style

  /**
   * The next signal. Parks until one comes.
   *
   * @throws CancelledException if the loop shuts down, and nothing is left to take
   */
  public SignalEvent next() {
    return nextEvent();
  }

  /** A signal that has come, without waiting. */
  public Optional<SignalEvent> poll() {
    return pollEvent();
  }

  /**
   * Ready while {@link #next} would not park: a signal has come, or this is closed or over, which
   * that call then tells.
   */
  public Source arrived() {
    return eventSource();
  }

  @Override
  protected boolean hasEvent() {
    return !waiting.isEmpty();
  }

  @Override
  protected SignalEvent takeEvent() {
    Line line = waiting.remove();
    int count = line.count.getAndSet(0);
    assert count > 0 : line.signal + " waits to be told and has not come";
    return new SignalEvent(line.signal, count);
  }

  @Override
  protected String waitingFor() {
    return "waiting for";
  }

  // ---- push style

  /** Has {@code newHandler} told of signals from now on, and of those that have come already. */
  public void onSignal(SignalHandler newHandler) {
    tellBy(newHandler::onSignal);
  }

  /** The next signal is told of all the same. */
  @Override
  protected void callbackFailed(Throwable failure) {}

  // ---- on the loop

  private void reached(Line line) {
    if (!isOpen()) {
      return;
    }
    waiting.add(line);
    assert waiting.size() <= lines.size() : "a signal waits twice to be told";
    eventCame();
  }

  // ---- the end

  @Override
  public String kind() {
    return "signals";
  }

  @Override
  protected String addressText() {
    return names;
  }

  @Override
  public int pendingOperations() {
    return 0;
  }

  @Override
  protected void closing() {
    for (Line line : lines) {
      if (line.subscription != null) {
        line.subscription.cancel();
      }
    }
    waiting.clear();
    wakeWaiters();
    released();
  }

  @Override
  protected void aborting() {
    closing();
  }
}
