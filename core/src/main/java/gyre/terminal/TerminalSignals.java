package gyre.terminal;

import gyre.engine.Environment.Signals;
import gyre.engine.Environment.Subscription;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The signals that a terminal is told by: each has a step run on the loop. */
final class TerminalSignals {
  private final Signals all;
  private final Consumer<Runnable> loop;
  private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();

  /**
   * @param loop has a step run on the loop, from any thread
   */
  TerminalSignals(Signals all, Consumer<Runnable> loop) {
    this.all = all;
    this.loop = loop;
  }

  /** Has {@code step} run after a signal, once however often it comes before. */
  void subscribe(String signal, Runnable step) {
    AtomicBoolean isOnItsWay = new AtomicBoolean();
    Runnable onLoop =
        () -> {
          isOnItsWay.set(false);
          step.run();
        };
    try {
      Subscription subscription =
          all.subscribe(
              signal,
              () -> {
                if (!isOnItsWay.getAndSet(true)) {
                  loop.accept(onLoop);
                }
              });
      Subscription ignored = subscriptions.put(signal, subscription);
    } catch (UnsupportedOperationException refused) {
      // This JVM tells of no signals: the size is looked at when something is drawn.
    }
  }

  /** From now on it has the effect that it had before. */
  void unsubscribe(String signal) {
    Subscription subscription = subscriptions.remove(signal);
    if (subscription != null) {
      subscription.cancel();
    }
  }

  boolean isEmpty() {
    return subscriptions.isEmpty();
  }

  void unsubscribe() {
    subscriptions.values().forEach(Subscription::cancel);
    subscriptions.clear();
  }
}
