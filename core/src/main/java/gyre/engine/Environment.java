package gyre.engine;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a loop takes from the world beside its engine: helper threads, names, the date, and which of
 * its runnable fibers goes first. One place for all of it, so that a simulated engine can own it.
 */
public interface Environment {
  /** Those of a program that runs for real. */
  Environment REAL = new RealEnvironment();

  /** Decides between fibers that could go next. */
  interface Order {
    /** Which of {@code count}, in the order in which they became runnable. */
    int pick(int count);
  }

  /** Where work goes that blocks or computes for long. */
  interface Workers {
    /**
     * Runs {@code job} off the loop, soon, unless the answer is used to cancel it before.
     *
     * @throws java.util.concurrent.RejectedExecutionException if there is no room
     */
    Job submit(Runnable job);

    /** Ends the workers. Answers how many were still at work when the time was up. */
    int close(long timeoutNanos);
  }

  /** Work that was handed over. */
  interface Job {
    /** Does not begin it if that has not happened, else interrupts it. */
    void cancel();
  }

  /** The signals that the operating system sends to this program. */
  interface Signals {
    /**
     * Has {@code arrived} run for each arrival from now on, on whatever thread; it must be short
     * and must not throw. While there is a subscription nothing else happens when that signal
     * comes. From any thread.
     *
     * @param name without {@code SIG}: {@code TERM}
     * @throws UnsupportedOperationException if the signal is not to be had; the message says why
     */
    Subscription subscribe(String name, Runnable arrived);
  }

  /** Until it is cancelled somebody is told of something. */
  interface Subscription {
    /**
     * The second time nothing happens. What has begun to be told may still be. From any thread.
     * After the last of a signal it does again what it did before the first.
     */
    void cancel();
  }

  /** Null for first in, first out. */
  @Nullable Order order();

  /** What a loop's random numbers begin with: asked for once, and never the same for two loops. */
  long randomSeed();

  /** The date and time of day, which may jump; not for measuring. */
  InstantSource clock();

  /** All programs of one process share its signals. */
  Signals signals();

  /**
   * Has {@code expired} run after a time unless it is cancelled, also if the loop has stopped
   * turning by then: on a thread of its own. Not at all where a loop can't get stuck.
   */
  Subscription lastMoment(long delayNanos, Runnable expired);

  /** Bounded helpers of one loop; started when they are first needed. */
  Workers workers(String name, int threads, int queueLimit);

  /**
   * Something was handed to the loop by its inbox.
   *
   * @param onLoop whether the caller runs on the thread of the loop
   */
  void inboxReceived(BooleanSupplier onLoop);

  /** The addresses of a name, the best first. May block: called on a helper. */
  List<InetAddress> resolve(String host) throws UnknownHostException;
}
