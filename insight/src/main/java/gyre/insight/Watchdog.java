package gyre.insight;

import gyre.Loop;
import gyre.LoopWatch;
import gyre.probe.Probe;
import gyre.spi.Internals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The thread that looks after all loops of this process from outside: it reports turns that take
 * too long while they still go on, and answers at a socket when the loops can't.
 *
 * <p>Found as a service by the first loop that opens. It looks every few milliseconds while a loop
 * turns, ten times a second while none does, and twice a second if that lasts.
 */
public final class Watchdog implements LoopWatch {
  private static final long IDLE_PERIOD_MILLIS = 100;

  /** After a stall that was over too soon to be seen: how often, and for how long. */
  private static final long ALERT_PERIOD_MILLIS = 2;

  private static final long ALERT_NANOS = 30_000_000_000L;
  private static final long TRACING_PERIOD_MILLIS = 5;

  /** Without a turn for so long, looks become rare, and then rarer. */
  private static final long QUIET_NANOS = 1_000_000_000L;

  private static final long DEEP_QUIET_NANOS = 10_000_000_000L;
  private static final long DEEP_IDLE_PERIOD_MILLIS = 500;

  private final List<WatchedLoop> loops = new CopyOnWriteArrayList<>();
  private final StallLog stalls = new StallLog();
  private final Sampler sampler = new Sampler(Machine.REAL);
  private final SelfJudge judge = new SelfJudge(stalls);
  private @Nullable Thread thread;
  private @Nullable ControlServer server;

  /** By the service loader. */
  public Watchdog() {}

  @Override
  public void opened(Loop loop) {
    Probe probe = Internals.probe(loop);
    if (probe != null) {
      loops.add(new WatchedLoop(loop, probe, stalls, sampler));
      begin();
    }
  }

  @Override
  public void closed(Loop loop) {
    for (WatchedLoop watched : List.copyOf(loops)) {
      if (watched.loop() == loop) {
        loops.remove(watched);
        watched.end();
      }
    }
  }

  private synchronized void begin() {
    if (thread == null) {
      try {
        ControlServer opened = ControlServer.open(new Answers(loops, stalls));
        server = opened;
        thread = Thread.ofPlatform().daemon().name("gyre-watchdog").start(() -> watch(opened));
      } catch (IOException e) {
        // The loop can do without; the next one that opens tries again.
        StallLog.LOGGER.log(System.Logger.Level.WARNING, "nobody watches the loops: " + e);
      }
    } else if (server != null) {
      server.wake();
    }
  }

  private void watch(ControlServer control) {
    long quietSince = System.nanoTime();
    while (true) {
      try {
        long now = System.nanoTime();
        boolean isActive = lookAtAll(now);
        if (isActive) {
          quietSince = now;
        }
        judge.work(now);
        boolean isTracing = control.work();
        long millis =
            isTracing
                ? TRACING_PERIOD_MILLIS
                : now - quietSince > QUIET_NANOS
                    ? idlePeriodMillis(now - quietSince)
                    : activePeriodMillis(now);
        sampler.sleeps(millis);
        control.await(loops.isEmpty() ? 0 : millis);
      } catch (RuntimeException e) {
        // Whatever it is, the loops are better watched by one that has failed once than by none.
        StallLog.LOGGER.log(System.Logger.Level.WARNING, "the watchdog of loops failed", e);
        if (!pause()) {
          return;
        }
      }
    }
  }

  private static long idlePeriodMillis(long quietNanos) {
    return quietNanos > DEEP_QUIET_NANOS ? DEEP_IDLE_PERIOD_MILLIS : IDLE_PERIOD_MILLIS;
  }

  private static boolean pause() {
    try {
      Thread.sleep(IDLE_PERIOD_MILLIS);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** Whether a loop has turned since the last look. */
  private boolean lookAtAll(long now) {
    boolean isActive = false;
    for (WatchedLoop loop : loops) {
      isActive |= loop.hasTurned();
    }
    sampler.looks(now, isActive);
    if (isActive) {
      for (WatchedLoop loop : loops) {
        loop.look(now);
      }
    }
    return isActive;
  }

  private long activePeriodMillis(long now) {
    long least = IDLE_PERIOD_MILLIS;
    List<WatchedLoop> present = new ArrayList<>(loops);
    for (WatchedLoop loop : present) {
      long period =
          now - loop.unseenNanos() < ALERT_NANOS && loop.unseenNanos() != 0
              ? ALERT_PERIOD_MILLIS
              : Math.max(ALERT_PERIOD_MILLIS, loop.limitNanos() / 3_000_000);
      least = Math.min(least, period);
    }
    return least;
  }
}
