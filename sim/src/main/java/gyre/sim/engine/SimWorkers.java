package gyre.sim.engine;

import gyre.FiberMode;
import gyre.Loop;
import gyre.engine.Environment.Job;
import gyre.engine.Environment.Workers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs offloaded jobs on the thread of the world, each some virtual time after a worker was free
 * for it. There are as many workers and places in front of them as the loop has been given, so that
 * jobs that wait for each other can run out of both, as they do in reality.
 *
 * <pre>
 *   WAITING --a worker is free--> WORKING --time passes--> BEGUN --> over
 * </pre>
 *
 * <p>A job has a virtual thread of its own that the loop carries: no fiber, so that it may do what
 * an offloaded job may and no more, and it may wait for a lock that a parked fiber holds. The loop
 * runs it among its fibers, in the order of the seed; what it waits for must come from inside of
 * the world. Fibers that are ordinary threads ({@link FiberMode#BATON}) can't carry one: there a
 * job runs between the turns, and must not wait for a fiber.
 */
final class SimWorkers implements Workers {
  private static final long LONGEST_JOB_NANOS = 5_000_000;

  private final SimEngine engine;
  private final Universe universe;
  private final String name;
  private final int threads;
  private final int queueLimit;
  private final ArrayDeque<Handed> waiting = new ArrayDeque<>(0);
  private final List<Handed> working = new ArrayList<>(0);
  private boolean closed;
  private long number;

  SimWorkers(SimEngine engine, Universe universe, String name, int threads, int queueLimit) {
    this.engine = engine;
    this.universe = universe;
    this.name = name;
    this.threads = threads;
    this.queueLimit = queueLimit;
    engine.employ(this);
  }

  @Override
  public Job submit(Runnable job) {
    boolean isFree = working.size() < threads;
    if (closed || (!isFree && waiting.size() >= queueLimit)) {
      throw new RejectedExecutionException("no room for another job");
    }
    Handed handed = new Handed(job, ++number);
    universe.trace(Trace.Kind.OFFLOAD, engine, number, 0, null);
    if (isFree) {
      work(handed);
    } else {
      waiting.add(handed);
    }
    return handed;
  }

  private void work(Handed handed) {
    working.add(handed);
    universe.schedule(handed, 1 + universe.details().below(LONGEST_JOB_NANOS));
  }

  private void free(Handed done) {
    if (closed) {
      return; // left behind, and on a thread that is not the world's
    }
    boolean removed = working.remove(done);
    assert removed : done + " is over twice";
    if (!waiting.isEmpty() && !closed) {
      work(waiting.remove());
    }
  }

  @Override
  public int close(long timeoutNanos) {
    closed = true;
    waiting.clear();
    int left = 0;
    for (Handed handed : working) {
      if (handed.isBegun()) {
        left++;
        handed.cancel();
      }
      universe.cancel(handed);
    }
    return left;
  }

  /** Those that have begun and not ended, which is to say that they wait for something. */
  void describeBlocked(List<String> into) {
    for (Handed handed : working) {
      if (handed.isBegun()) {
        into.add(handed.describe());
      }
    }
  }

  /** A job that only real time can wake; null if there is none. */
  @Nullable String jobThatWaitsByClock() {
    for (int i = 0; i < working.size(); i++) {
      if (working.get(i).waitsByClock()) {
        return working.get(i).describe();
      }
    }
    return null;
  }

  private final class Handed extends Event implements Job {
    private final Runnable job;
    private final long number;
    private final @Nullable Thread thread;
    private boolean begun;

    /** On the fiber that hands it over, whose loop is the one that carries its thread. */
    Handed(Runnable job, long number) {
      this.job = job;
      this.number = number;
      this.thread =
          Loop.current().fiberMode() == FiberMode.NATIVE
              ? Thread.ofVirtual()
                  .name(name + "-" + number)
                  .inheritInheritableThreadLocals(false)
                  .unstarted(this::run)
              : null;
    }

    boolean isBegun() {
      return begun;
    }

    /** The time that it takes is over. */
    @Override
    void fire() {
      if (engine.isGone()) {
        return;
      }
      begun = true;
      if (thread == null) {
        run();
      } else {
        thread.start();
      }
    }

    private void run() {
      universe.trace(Trace.Kind.OFFLOAD, engine, number, 1, null);
      try {
        job.run();
      } finally {
        free(this);
      }
    }

    @Override
    public void cancel() {
      if (waiting.remove(this)) {
        return;
      }
      if (isScheduled()) {
        universe.cancel(this);
        free(this);
      } else if (begun && thread != null) {
        thread.interrupt();
      }
    }

    boolean waitsByClock() {
      return begun && thread != null && thread.getState() == Thread.State.TIMED_WAITING;
    }

    String describe() {
      String text = "offloaded job " + name + "-" + number;
      if (thread == null) {
        return text;
      }
      for (StackTraceElement frame : thread.getStackTrace()) {
        if (!"java.base".equals(frame.getModuleName())) {
          return text + " (" + thread.getState() + " at " + frame + ")";
        }
      }
      return text + " (" + thread.getState() + ")";
    }

    @Override
    public String toString() {
      return describe();
    }
  }
}
