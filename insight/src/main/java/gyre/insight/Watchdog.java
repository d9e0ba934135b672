package gyre.insight;

import gyre.Loop;
import gyre.LoopWatch;
import gyre.probe.Probe;
import gyre.probe.ProbeFile;
import gyre.spi.Internals;
import java.io.IOException;
import java.nio.file.Path;
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

  /** Directories for what is temporary are cleaned of what is some days old. */
  private static final long TOUCH_PERIOD_NANOS = 6 * 3_600_000_000_000L;

  private static final long TELL_PERIOD_NANOS = 60_000_000_000L;

  /** What is done from time to time, beside the looks. */
  interface Duty {
    void work(long nowNanos);
  }

  private final List<WatchedLoop> loops = new CopyOnWriteArrayList<>();
  private final StallLog stalls = new StallLog();
  private final Sampler sampler = new Sampler(Machine.REAL);
  private final Duty duty;
  private final boolean answers;
  private long toldNanos;
  private @Nullable Thread thread;
  private @Nullable ControlServer server;

  /** By the service loader. */
  public Watchdog() {
    this.duty = new SelfJudge(stalls)::work;
    this.answers = true;
  }

  /** One that answers nobody, as a process has one socket. */
  Watchdog(Duty duty) {
    this.duty = duty;
    this.answers = false;
  }

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
    try {
      ControlServer present = server;
      if (present == null) {
        present = ControlServer.open(new Answers(loops, stalls)::to, answers ? socket() : null);
        server = present;
      }
      if (thread == null || !thread.isAlive()) {
        ControlServer opened = present;
        thread = Thread.ofPlatform().daemon().name("gyre-watchdog").start(() -> watch(opened));
      } else {
        present.wake();
      }
    } catch (IOException | OutOfMemoryError e) {
      // The loop can do without; the next one that opens tries again.
      StallLog.LOGGER.log(System.Logger.Level.WARNING, "nobody watches the loops: " + e);
    }
  }

  private static @Nullable Path socket() {
    return ProbeFile.ofThisProcess() == null
        ? null
        : ProbeFile.socketOf(ProcessHandle.current().pid());
  }

  private void watch(ControlServer control) {
    long quietSince = System.nanoTime();
    long touchedNanos = quietSince;
    while (true) {
      try {
        long now = System.nanoTime();
        boolean isActive = lookAtAll(now);
        if (isActive) {
          quietSince = now;
        }
        stalls.write();
        duty.work(now);
        boolean isTracing = control.work();
        long millis =
            isTracing
                ? TRACING_PERIOD_MILLIS
                : now - quietSince > QUIET_NANOS
                    ? idlePeriodMillis(now - quietSince)
                    : activePeriodMillis(now);
        sampler.sleeps(millis);
        if (now - touchedNanos > TOUCH_PERIOD_NANOS) {
          touchedNanos = now;
          ProbeFile.touch();
        }
        control.await(loops.isEmpty() ? TOUCH_PERIOD_NANOS / 1_000_000 : millis);
      } catch (Throwable e) {
        // Whatever it is, the loops are better watched by one that has failed once than by none.
        tell(e);
        if (!pause()) {
          return;
        }
      }
    }
  }

  /** Once a minute: what fails once may fail each round. */
  @SuppressWarnings("EmptyCatch") // a log may fail as well: then there is nobody to tell
  private void tell(Throwable failure) {
    long now = System.nanoTime();
    if (toldNanos != 0 && now - toldNanos < TELL_PERIOD_NANOS) {
      return;
    }
    toldNanos = now;
    try {
      StallLog.LOGGER.log(System.Logger.Level.WARNING, "the watchdog of loops failed", failure);
    } catch (Throwable ignored) {
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
