package gyre.http.sse;

import gyre.Loop;
import gyre.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The subscribers of a hub on one loop. */
final class HubLoop {
  /** How often it is asked whether the server drains, which tells nobody by itself. */
  private static final Duration DRAIN_CHECK = Duration.ofMillis(100);

  private final SseHub hub;
  private final Loop loop;
  private final Set<Subscriber> subscribers = new LinkedHashSet<>();

  /** However many events are published, one task waits for the loop. */
  private final AtomicBoolean isWakePosted = new AtomicBoolean();

  private @Nullable Timer drainTimer;

  HubLoop(SseHub hub, Loop loop) {
    this.hub = hub;
    this.loop = loop;
  }

  SseHub hub() {
    return hub;
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
    Timer known = drainTimer;
    if (known == null || !known.isOpen()) {
      Timer timer = loop.everyWithDelay(DRAIN_CHECK, this::lookForDrain);
      timer.rename("sse drain check");
      timer.background(true);
      drainTimer = timer;
    }
  }

  void remove(Subscriber subscriber) {
    subscribers.remove(subscriber);
    Timer known = drainTimer;
    if (subscribers.isEmpty() && known != null) {
      known.close();
      drainTimer = null;
    }
  }

  private void lookForDrain() {
    for (Subscriber each : new ArrayList<>(subscribers)) {
      if (each.isDraining()) {
        each.wake();
      }
    }
  }
}
