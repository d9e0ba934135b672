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
  private long startedAt;
  private long endedAt;

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
      case "flood1" -> new WakeRound(variant, near, far, options.number("ops", 200_000), 1);
      case "floodN" ->
          new WakeRound(
              variant, near, far, options.number("ops", 200_000), options.number("producers", 4));
      default ->
          throw new IllegalArgumentException(
              "no variant '" + variant + "'; there are roundtrip, flood1, floodN");
    };
  }

  @Override
  public void run(Figures figures) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    counted = 0;
    Producers flood = Producers.ready(producers, operations, near, () -> count(done));
    long allocated = Virtual.allocatedBytes();
    long cpu = ProcessClock.cpuNanos();
    if (producers == 0) {
      near.post(() -> roundtrip(operations, done));
    } else {
      startedAt = System.nanoTime();
      flood.go();
    }
    boolean inTime = done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    figures.put("elapsedNanos", inTime ? endedAt - startedAt : 0);
    figures.put("cpuNanos", ProcessClock.cpuNanos() - cpu);
    figures.put("allocatedBytes", Virtual.allocatedBytes() - allocated);
    if (inTime) {
      flood.join();
    }
    figures.put("variant", variant);
    figures.put("ops", operations);
    figures.put("producers", producers);
    figures.put("errors", inTime ? 0 : 1);
  }

  /** On the near loop: there and back, so many times. */
  private void roundtrip(int times, CountDownLatch done) {
    startedAt = System.nanoTime();
    remaining = times;
    Runnable[] there = new Runnable[1];
    Runnable back =
        () -> {
          if (--remaining == 0) {
            end(done);
          } else {
            far.post(there[0]);
          }
        };
    there[0] = () -> near.post(back);
    far.post(there[0]);
  }

  /** On the near loop, which has done all of it. Who waits for that is another thread. */
  private void end(CountDownLatch done) {
    endedAt = System.nanoTime();
    done.countDown();
  }

  /** On the near loop, once for every post of a flood. */
  private void count(CountDownLatch done) {
    if (++counted == operations) {
      end(done);
    }
  }
}
