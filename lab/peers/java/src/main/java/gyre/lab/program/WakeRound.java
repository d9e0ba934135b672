package gyre.lab.program;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Posts between threads: there and back one at a time, or as many as go through. */
final class WakeRound implements Round {
  private static final int PATIENCE_SECONDS = 60;

  private final String variant;
  private final Poster near;
  private final Poster far;
  private final int operations;
  private final int producers;
  private int remaining;
  private int counted;

  private WakeRound(String variant, Poster near, Poster far, int operations, int producers) {
    this.variant = variant;
    this.near = near;
    this.far = far;
    this.operations = operations;
    this.producers = producers;
  }

  static WakeRound of(Options options, Poster near, Poster far) {
    String variant = options.text("variant", "roundtrip");
    return switch (variant) {
      case "roundtrip" -> new WakeRound(variant, near, far, options.number("ops", 5_000), 0);
      case "flood1" -> new WakeRound(variant, near, far, options.number("ops", 500_000), 1);
      case "floodN" ->
          new WakeRound(
              variant, near, far, options.number("ops", 500_000), options.number("producers", 4));
      default ->
          throw new IllegalArgumentException(
              "no variant '" + variant + "'; there are roundtrip, flood1, floodN");
    };
  }

  @Override
  public void run(Figures figures) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    CountDownLatch go = producers == 0 ? new CountDownLatch(1) : prepareFlood(done);
    long cpu = Virtual.cpuNanos();
    long start = System.nanoTime();
    if (producers == 0) {
      near.post(() -> roundtrip(operations, done));
    } else {
      go.countDown();
    }
    boolean inTime = done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    figures.put("elapsedNanos", System.nanoTime() - start);
    figures.put("cpuNanos", Virtual.cpuNanos() - cpu);
    figures.put("variant", variant);
    figures.put("ops", operations);
    figures.put("producers", producers);
    figures.put("errors", inTime ? 0 : 1);
  }

  /** On the near loop: there and back, so many times. */
  private void roundtrip(int times, CountDownLatch done) {
    remaining = times;
    Runnable[] there = new Runnable[1];
    Runnable back =
        () -> {
          if (--remaining == 0) {
            done.countDown();
          } else {
            far.post(there[0]);
          }
        };
    there[0] = () -> near.post(back);
    far.post(there[0]);
  }

  /** Producers that stand ready; they go when the answer is counted down. */
  private CountDownLatch prepareFlood(CountDownLatch done) throws InterruptedException {
    counted = 0;
    CountDownLatch ready = new CountDownLatch(producers);
    CountDownLatch go = new CountDownLatch(1);
    Runnable count =
        () -> {
          if (++counted == operations) {
            done.countDown();
          }
        };
    int each = operations / producers;
    for (int i = 0; i < producers; i++) {
      int posts = i == 0 ? operations - each * (producers - 1) : each;
      Thread.ofPlatform().daemon().start(() -> produce(ready, go, count, posts));
    }
    ready.await();
    return go;
  }

  private void produce(CountDownLatch ready, CountDownLatch go, Runnable task, int times) {
    Cores.pinToSecond();
    ready.countDown();
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    for (int i = 0; i < times; i++) {
      near.post(task);
    }
  }
}
