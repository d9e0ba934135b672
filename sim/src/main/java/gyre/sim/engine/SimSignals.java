package gyre.sim.engine;

import gyre.engine.Environment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The signals of a simulated host, whose programs count as one process: all who subscribe to a
 * signal are told of it.
 */
final class SimSignals implements Environment.Signals {
  /** The same callback twice is two of these. */
  private static final class Subscriber {
    final Runnable arrived;

    Subscriber(Runnable arrived) {
      this.arrived = arrived;
    }
  }

  private final Map<String, List<Subscriber>> subscribers = new HashMap<>();

  @Override
  public Environment.Subscription subscribe(String name, Runnable arrived) {
    Subscriber own = new Subscriber(arrived);
    subscribers.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(own);
    return () -> {
      List<Subscriber> left = subscribers.get(name);
      if (left != null) { // not cleared meanwhile
        left.remove(own);
      }
    };
  }

  /** Whether anybody was told. */
  boolean deliver(String name) {
    List<Subscriber> told = List.copyOf(subscribers.getOrDefault(name, List.of()));
    told.forEach(subscriber -> subscriber.arrived.run());
    return !told.isEmpty();
  }

  /** The host has crashed. */
  void clear() {
    subscribers.clear();
  }
}
