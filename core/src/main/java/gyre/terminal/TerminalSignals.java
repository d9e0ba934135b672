package gyre.terminal;

import gyre.engine.Environment.Signals;
import gyre.engine.Environment.Subscription;
import gyre.engine.TerminalCalls;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The signals that a terminal is told by: each has a step run on the loop. */
final class TerminalSignals {
  /** Ctrl-Z, and what others send for it. */
  static final String STOP = "TSTP";

  private record Subscribed(Subscription subscription, Runnable step) {}

  private final Signals all;
  private final Consumer<Runnable> loop;
  private final Map<String, Subscribed> subscribed = new LinkedHashMap<>();

  /**
   * @param loop has a step run on the loop, from any thread
   */
  TerminalSignals(Signals all, Consumer<Runnable> loop) {
    this.all = all;
    this.loop = loop;
  }

  /** Has {@code step} run after a signal. */
  void subscribe(String signal, Runnable step) {
    try {
      Subscription subscription = all.subscribe(signal, once(step));
      Subscribed ignored = subscribed.put(signal, new Subscribed(subscription, step));
    } catch (UnsupportedOperationException refused) {
      // This JVM tells of no signals: the size is looked at when something is drawn.
    }
  }

  /** What has {@code step} run soon, from any thread, once however often it is asked to before. */
  Runnable once(Runnable step) {
    AtomicBoolean isOnItsWay = new AtomicBoolean();
    Runnable onLoop =
        () -> {
          isOnItsWay.set(false);
          step.run();
        };
    return () -> {
      if (!isOnItsWay.getAndSet(true)) {
        loop.accept(onLoop);
      }
    };
  }

  /** Stops this process as if nobody had subscribed to that. Answers as {@code calls.stop}. */
  int stopProcess(TerminalCalls calls) {
    Subscribed ours = subscribed.remove(STOP);
    if (ours != null) {
      ours.subscription.cancel();
    }
    int result = calls.stop();
    if (ours != null) {
      subscribe(STOP, ours.step);
    }
    return result;
  }

  boolean isEmpty() {
    return subscribed.isEmpty();
  }

  /** From now on signals have the effects that they had before. */
  void unsubscribe() {
    subscribed.values().forEach(each -> each.subscription.cancel());
    subscribed.clear();
  }
}
