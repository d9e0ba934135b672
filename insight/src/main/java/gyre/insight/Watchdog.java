package gyre.insight;

import gyre.Loop;
import gyre.LoopWatch;
import gyre.probe.Probe;
import gyre.probe.ProbeFile;
import gyre.spi.Internals;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The thread that looks after all loops of this process from outside: it reports turns that take
 * too long while they still go on, and answers at a socket when the loops can't.
 *
 * <p>Found as a service by the first loop that opens. It looks every few milliseconds while a loop
 * turns, and not at all while all of them wait: a loop that begins a turn after a quiet time wakes
 * it. So a loop that hardly turns costs hardly anything, and its first turn is watched from its
 * begin.
 */
public final class Watchdog implements LoopWatch {
  private static final long PAUSE_AFTER_FAILURE_MILLIS = 100;
  private static final long TRACING_PERIOD_MILLIS = 5;

  /** While no loop turns: a client that asks nothing is sent away at some time. */
  private static final long CLIENT_PERIOD_MILLIS = 500;

  /** While no loop turns, and the Flight Recorder wants figures each second. */
  private static final long RECORDING_PERIOD_MILLIS = 1000;

  /** While no loop turns: in case that one which has begun to turn could not tell. */
  private static final long ASLEEP_PERIOD_MILLIS = 5000;

  /** Directories for what is temporary are cleaned of what is some days old. */
  private static final long TOUCH_PERIOD_NANOS = 6 * 3_600_000_000_000L;

  private static final long TELL_PERIOD_NANOS = 60_000_000_000L;

  /** What is done from time to time, beside the looks. */
  interface Duty {
    void work(long nowNanos);

    /** Whether it is to be called each second, though no loop turns. */
    default boolean isRecording() {
      return false;
    }
  }

  private final List<WatchedLoop> loops = new CopyOnWriteArrayList<>();
  private final StallLog stalls = new StallLog();
  private final Sampler sampler = new Sampler(Machine.REAL);
  private final Looks looks = new Looks(loops, sampler);
  private final Duty duty;
  private final boolean answers;
  private long toldNanos;
  private @Nullable Thread thread;
  private volatile @Nullable ControlServer server;

  /** Whether the thread waits until a loop wakes it, or is about to. */
  private volatile boolean isAsleep;

  /** By the service loader. */
  public Watchdog() {
    this.duty = new SelfJudge(stalls);
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
      probe.watch(this::turnBegins);
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

  /** By a loop that was quiet, for which one call of the kernel is little: it has just waited. */
  private void turnBegins() {
    VarHandle.fullFence(); // what it has told of its turn comes before it asks: see await()
    ControlServer present = server;
    if (isAsleep && present != null) {
      isAsleep = false;
      present.wake();
    }
  }

  private void watch(ControlServer control) {
    long touchedNanos = System.nanoTime();
    while (true) {
      try {
        long now = System.nanoTime();
        looks.look(now);
        stalls.write();
        duty.work(now);
        boolean isTracing = control.work();
        if (now - touchedNanos > TOUCH_PERIOD_NANOS) {
          touchedNanos = now;
          ProbeFile.touch();
        }
        await(control, isTracing);
      } catch (Throwable e) {
        // Whatever it is, the loops are better watched by one that has failed once than by none.
        tell(e);
        if (!pause()) {
          return;
        }
      }
    }
  }

  private void await(ControlServer control, boolean isTracing) {
    long millis = isTracing ? TRACING_PERIOD_MILLIS : looks.periodMillis(System.nanoTime());
    if (millis == WatchedLoop.ASLEEP) {
      isAsleep = true;
      VarHandle.fullFence();
      // A loop that has begun a turn before it could see that is seen here.
      millis = looks.periodMillis(System.nanoTime());
    }
    long limitMillis = millis == WatchedLoop.ASLEEP ? longestMillis(control) : millis;
    sampler.sleeps(limitMillis);
    control.await(limitMillis);
    isAsleep = false;
  }

  private long longestMillis(ControlServer control) {
    if (control.hasClients()) {
      return CLIENT_PERIOD_MILLIS;
    }
    if (duty.isRecording()) {
      return RECORDING_PERIOD_MILLIS;
    }
    return loops.isEmpty() ? TOUCH_PERIOD_NANOS / 1_000_000 : ASLEEP_PERIOD_MILLIS;
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

  private static boolean pause() {
    try {
      Thread.sleep(PAUSE_AFTER_FAILURE_MILLIS);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }
}
