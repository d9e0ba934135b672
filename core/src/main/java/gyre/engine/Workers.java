package gyre.engine;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Does what an engine's kernel can't do without blocking, on a few helper threads, and brings the
 * results back as completions of the same engine.
 *
 * <p>Threads start on demand. What finds no place with them waits here, in order, so that it can be
 * cancelled until a thread takes it; more than {@link #LIMIT} at a time end with {@code EAGAIN},
 * but for those that close something.
 */
public final class Workers {
  private static final System.Logger LOGGER = System.getLogger("gyre.file");
  private static final int THREADS = 4;
  private static final int LIMIT = 4096;
  private static final long CLOSE_NANOS = 2_000_000_000L;

  private final String name;
  private final FileCalls calls;
  private final Runnable wake;
  private final Queue<Job> done = new ConcurrentLinkedQueue<>();

  /** Ended without a thread. */
  private final ArrayDeque<Job> ended = new ArrayDeque<>(0);

  /** For which there was no place: they are the next to get one. */
  private final ArrayDeque<Job> closes = new ArrayDeque<>(0);

  private @Nullable HelperThreads threads;
  private int active;

  /** Nobody is told of results any more. */
  private volatile boolean isClosed;

  /**
   * @param wake ends the engine's wait, from any thread
   */
  public Workers(String name, FileCalls calls, Runnable wake) {
    this.name = name;
    this.calls = calls;
    this.wake = wake;
  }

  /** By the loop: an operation that the engine has no other way for. */
  public void start(Operation operation) {
    if (!(operation instanceof FileOperation work)) {
      throw new IllegalArgumentException("no way to carry out " + operation.kind());
    }
    work.state = Operation.State.ACTIVE;
    work.phase = Operation.Phase.WORKING;
    Job job = new Job(work);
    work.job = job;
    active++;
    if (!closes.isEmpty() || active > LIMIT || !hand(job)) {
      refuse(job);
    }
  }

  /** A close is put off instead: nobody would try it again, and its descriptor would stay open. */
  private void refuse(Job job) {
    if (job.work instanceof CloseFile) {
      closes.add(job);
    } else {
      job.result = Errno.EAGAIN.negated();
      ended.add(job);
    }
  }

  private void handCloses() {
    while (!closes.isEmpty() && hand(closes.element())) {
      Job ignored = closes.remove();
    }
  }

  private boolean hand(Job job) {
    HelperThreads present = threads;
    if (present == null) {
      present = new HelperThreads(name, THREADS, LIMIT);
      threads = present;
    }
    try {
      Environment.Job ignored = present.submit(job);
      return true;
    } catch (RejectedExecutionException full) {
      return false;
    }
  }

  /** By the loop. An operation that a thread has taken ends by itself. */
  public void cancel(Operation operation) {
    if (operation instanceof FileOperation work && work.job instanceof Job job && job.take()) {
      job.result = Errno.ECANCELED.negated();
      ended.add(job);
    }
  }

  /** Whether there is something to dispatch. */
  public boolean hasResults() {
    return !ended.isEmpty() || !done.isEmpty();
  }

  /** Tells of results, at most so many. The number. */
  public int dispatch(int budget) {
    int told = 0;
    while (told < budget) {
      Job job = ended.isEmpty() ? done.poll() : ended.remove();
      if (job == null) {
        break;
      }
      told++;
      active--;
      job.work.state = Operation.State.IDLE;
      job.work.phase = Operation.Phase.ENDED;
      job.work.job = null;
      job.work.ended(job.result);
    }
    handCloses();
    return told;
  }

  /** Operations that have not ended. */
  public int active() {
    return active;
  }

  /**
   * Waits for what a thread has taken: it uses memory of the engine. False if it takes too long.
   */
  public boolean close() {
    isClosed = true;
    HelperThreads present = threads;
    boolean isStill = present == null || present.close(CLOSE_NANOS) == 0;
    dropResults();
    for (Job job = closes.poll(); job != null; job = closes.poll()) {
      int ignored = job.work.perform(calls);
    }
    return isStill;
  }

  /** By the loop at its end, and by a thread that comes later. */
  private void dropResults() {
    for (Job job = done.poll(); job != null; job = done.poll()) {
      job.work.dropped(job.result, calls);
    }
  }

  /** One operation on its way through a thread; who takes it first decides its result. */
  private final class Job implements Runnable {
    private final FileOperation work;
    private final AtomicBoolean taken = new AtomicBoolean();
    private int result;

    Job(FileOperation work) {
      this.work = work;
    }

    boolean take() {
      return taken.compareAndSet(false, true);
    }

    @Override
    public void run() {
      if (take()) {
        result = perform();
        done.add(this);
        if (isClosed) {
          dropResults();
        } else {
          wake.run();
        }
      }
    }

    /** A call that throws has ended like any other: who waits for it would wait for ever. */
    private int perform() {
      try {
        return work.perform(calls);
      } catch (Throwable thrown) {
        LOGGER.log(System.Logger.Level.ERROR, "a call of " + name + " failed", thrown);
        return Errno.EIO.negated();
      }
    }
  }
}
