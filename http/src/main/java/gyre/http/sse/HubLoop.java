package gyre.http.sse;

import gyre.Loop;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** The subscribers of a hub on one loop. */
final class HubLoop {
  private final Loop loop;
  private final Set<Subscriber> subscribers = new LinkedHashSet<>();

  /** However many events are published, one task waits for the loop. */
  private final AtomicBoolean isWakePosted = new AtomicBoolean();

  HubLoop(Loop loop) {
    this.loop = loop;
  }

  /** From any thread. */
  void wakeSoon() {
    if (isWakePosted.compareAndSet(false, true) && !loop.tryPost(this::wake)) {
      isWakePosted.set(false); // the inbox is full or closed: the next event or heartbeat comes by
    }
  }

  private void wake() {
    isWakePosted.set(false);
    for (Subscriber each : new ArrayList<>(subscribers)) {
      each.wake();
    }
  }

  void add(Subscriber subscriber) {
    subscribers.add(subscriber);
  }

  void remove(Subscriber subscriber) {
    subscribers.remove(subscriber);
  }
}
