package gyre.sim.hunt;

import gyre.sim.SimulationFailure;
import gyre.sim.scenario.Scenario;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs one seed after the other until one fails. Each job takes the next number, which says the
 * scenario and the seed; of several that fail at the same time the one with the lowest number
 * counts, so that the answer does not depend on who was faster.
 *
 * <pre>
 *   HUNTING --a failure, or time is up--&gt; OVER --patience is up--&gt; HALTED
 *      |---------------------stop()--------------------------------&gt;|
 * </pre>
 *
 * <p>It ends in time whatever a seed does: once it is over, runs under way have some seconds to
 * end, and are then halted, which they notice between two turns of a loop. One that does not notice
 * never comes to the end of a turn, and has failed.
 */
public final class Hunt {
  private static final long LOOK_MILLIS = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final HuntOptions options;

  /** In which a run under way has to end, and once more to notice that it is halted. */
  private final Duration patience;

  private final AtomicLong next = new AtomicLong();
  private final AtomicLong finished = new AtomicLong();
  private final AtomicReference<Optional<Catch>> found = new AtomicReference<>(Optional.empty());
  private final AtomicBoolean stopped = new AtomicBoolean();
  private volatile boolean halted;
  private final List<Job> jobs = new ArrayList<>();
  private final long startedNanos = System.nanoTime();

  private Hunt(HuntOptions options, Duration patience) {
    this.options = options;
    this.patience = patience;
  }

  public static Hunt of(HuntOptions options) {
    return new Hunt(options, PATIENCE);
  }

  /** With less patience than a run that is worth having would need. */
  static Hunt impatient(HuntOptions options, Duration patience) {
    return new Hunt(options, patience);
  }

  /** Ends it, and the runs under way. From any thread. Answers whether that is news. */
  public boolean stop() {
    return stopped.compareAndSet(false, true);
  }

  /**
   * Returns when it is over.
   *
   * @param watcher is shown how far it has come several times a second, on the calling thread
   */
  public HuntResult run(Consumer<Hunt> watcher) {
    CountDownLatch left = new CountDownLatch(options.jobs());
    for (int i = 0; i < options.jobs(); i++) {
      Job job = new Job(left);
      jobs.add(job);
      Thread.ofPlatform().daemon().name("hunt-" + i).start(job);
    }
    try {
      await(left, watcher);
    } catch (InterruptedException e) {
      stop();
      Thread.currentThread().interrupt();
    }
    halted = true;
    int unfinished = (int) jobs.stream().filter(job -> !job.isDone).count();
    HuntResult result =
        new HuntResult(finished(), unfinished, elapsed(), stopped.get(), found.get());
    // Whoever stops it from here on has nothing to wait for but the search for fewer faults.
    stopped.set(true);
    return result;
  }

  private void await(CountDownLatch left, Consumer<Hunt> watcher) throws InterruptedException {
    while (!isOver()) {
      if (left.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
      watcher.accept(this);
    }
    long patienceNanos = Math.min(patience.toNanos(), options.time().toNanos());
    long overNanos = System.nanoTime();
    while (!stopped.get() && System.nanoTime() - overNanos < patienceNanos) {
      if (left.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
    }
    halted = true;
    boolean isOfUser = stopped.get();
    Duration last = isOfUser ? Duration.ofSeconds(1) : patience;
    if (!left.await(last.toNanos(), TimeUnit.NANOSECONDS) && !isOfUser) {
      jobs.forEach(Job::reportStuck);
    }
  }

  public HuntOptions options() {
    return options;
  }

  /** Number of runs that are done. */
  public long finished() {
    return finished.get();
  }

  public Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  /** The run that has lasted longest of those that have not ended, if it has lasted a while. */
  public Optional<String> slowest(Duration least) {
    Job slowest = null;
    for (Job job : jobs) {
      if (job.isRunning && (slowest == null || job.sinceNanos - slowest.sinceNanos < 0)) {
        slowest = job;
      }
    }
    if (slowest == null || System.nanoTime() - slowest.sinceNanos < least.toNanos()) {
      return Optional.empty();
    }
    return Optional.of(name(slowest.number));
  }

  private String name(long number) {
    return scenario(number).name() + " seed " + seed(number);
  }

  private Scenario scenario(long number) {
    return options.scenarios().get((int) (number % options.scenarios().size()));
  }

  private long seed(long number) {
    return options.from() + number / options.scenarios().size();
  }

  private boolean isOver() {
    return stopped.get() || found.get().isPresent() || elapsed().compareTo(options.time()) >= 0;
  }

  private void caught(Catch failure) {
    found.accumulateAndGet(
        Optional.of(failure),
        (known, other) ->
            known.isEmpty() || other.orElseThrow().number() < known.get().number() ? other : known);
  }

  private final class Job implements Runnable {
    private final CountDownLatch left;
    private volatile long number;
    private volatile long sinceNanos;
    private volatile boolean isRunning;
    private volatile boolean isDone;
    private volatile @Nullable Thread thread;

    Job(CountDownLatch left) {
      this.left = left;
    }

    @Override
    public void run() {
      thread = Thread.currentThread();
      try {
        while (!isOver()) {
          long mine = next.getAndIncrement();
          if (mine >= options.runs()) {
            return;
          }
          number = mine;
          sinceNanos = System.nanoTime();
          isRunning = true;
          run(mine);
          isRunning = false;
        }
      } finally {
        isDone = true;
        left.countDown();
      }
    }

    private void run(long mine) {
      Scenario scenario = scenario(mine);
      long seed = seed(mine);
      try {
        scenario.simulation(seed).stopWhen(() -> halted).run();
      } catch (Throwable e) {
        if (e instanceof SimulationFailure failure
            && failure.kind() == SimulationFailure.Kind.STOPPED) {
          return;
        }
        caught(new Catch(mine, scenario, seed, e));
      }
      finished.incrementAndGet();
    }

    /** It has been told to halt, and has not. */
    void reportStuck() {
      Thread present = thread;
      if (isRunning && present != null) {
        long mine = number;
        caught(new Catch(mine, scenario(mine), seed(mine), new StuckRun(present)));
      }
    }
  }
}
