package gyre.net;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.engine.Connect;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.spi.Resource;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A connection being made, over the one address or the several that lead there.
 *
 * <p>The addresses are tried one after the other. The next one joins when the last has failed, or
 * was tried alone for a while (RFC 8305, "Happy Eyeballs"); the first that succeeds wins, and the
 * others are given up.
 *
 * <p>It is a handle of its own, so that attempts which are given up are still seen through,
 * whatever happens to the fiber that waits: each descriptor is closed once the kernel has let go of
 * it, and the handle with the last.
 */
final class Connector extends Resource {
  /** Makes a descriptor that is ready to be connected, or answers -errno. */
  @FunctionalInterface
  interface Opener<A extends SocketAddress> {
    int open(Engine engine, A target);
  }

  private final long startNanos;
  private final List<Attempt> attempts = new ArrayList<>(1);
  private int pending;
  private int won = -1;
  private boolean failedOne;

  /** An attempt has succeeded or failed, or this was closed. */
  private final Level progress =
      new Level(() -> won >= 0 || failedOne || !isOpen(), () -> "connecting with " + name());

  private Connector(Scope owner, long startNanos) {
    super(owner); // from here on it must be closed: nothing that follows may throw
    this.startNanos = startNanos;
  }

  /**
   * Parks until a connection is there, and gives its descriptor.
   *
   * @param startNanos since when the time for all of it runs
   */
  static <A extends SocketAddress> int connect(
      Scope owner,
      String goal,
      List<A> targets,
      ConnectOptions options,
      long startNanos,
      Opener<A> opener) {
    Fiber<?> ignored = Fiber.current(); // or nobody could wait: said before there is a handle
    Connector connector = new Connector(owner, startNanos);
    try {
      return connector.race(goal, targets, options, opener);
    } finally {
      connector.close();
    }
  }

  private <A extends SocketAddress> int race(
      String goal, List<A> targets, ConnectOptions options, Opener<A> opener) {
    long timeoutNanos = options.timeout().isZero() ? Long.MAX_VALUE : nanos(options.timeout());
    int next = 0;
    boolean isDelayOver = false;
    while (won < 0) {
      long elapsedNanos = loop().nanoTime() - startNanos;
      if (elapsedNanos >= timeoutNanos) {
        throw tooLate(goal, options);
      }
      boolean isTurnOfNext = pending == 0 || failedOne || isDelayOver;
      failedOne = false;
      isDelayOver = false;
      if (next < targets.size() && isTurnOfNext) {
        start(targets.get(next++), opener);
        continue;
      }
      if (pending == 0) {
        throw allFailed(goal);
      }
      long leftNanos = timeoutNanos - elapsedNanos;
      long delayNanos = next < targets.size() ? nanos(options.attemptDelay()) : leftNanos;
      isDelayOver = !isProgressWithin(Math.min(leftNanos, delayNanos));
      boolean isLimited = timeoutNanos != Long.MAX_VALUE;
      if (isDelayOver && isLimited && leftNanos <= delayNanos) {
        // Not left to the look above: the turn's own time may be behind, and stand still.
        throw tooLate(goal, options);
      }
    }
    int connected = won;
    won = -1; // the stream's from now on
    return connected;
  }

  /** Whether something became of an attempt before the time was up. */
  private boolean isProgressWithin(long nanos) {
    if (nanos == Long.MAX_VALUE) {
      Fiber.await(progress);
    } else {
      Source ignored = Fiber.awaitFirst(progress, Deadline.in(Duration.ofNanos(nanos)));
    }
    checkOpen();
    return progress.isReady();
  }

  private <A extends SocketAddress> void start(A target, Opener<A> opener) {
    Attempt attempt = new Attempt(this, target);
    attempts.add(attempt);
    int descriptor = opener.open(engine(), target);
    if (descriptor < 0) {
      attempt.result = descriptor;
      failedOne = true;
      return;
    }
    attempt.descriptor = descriptor;
    attempt.target = target;
    pending++;
    engine().submit(attempt);
  }

  private NetworkException tooLate(String goal, ConnectOptions options) {
    NetworkException failure =
        new NetworkTimeoutException(
            "connect to",
            goal,
            "not connected within " + options.timeout().toMillis() + " ms" + details());
    addFailures(failure);
    return failure;
  }

  private NetworkException allFailed(String goal) {
    if (attempts.size() == 1) {
      return NetworkException.of("connect to", goal, attempts.getFirst().result);
    }
    NetworkException failure =
        new NetworkException(
            "connect to",
            goal,
            "none of its " + attempts.size() + " addresses answers" + details(),
            Math.abs(attempts.getLast().result));
    addFailures(failure);
    return failure;
  }

  /** What became of each address, where there are several. */
  private String details() {
    if (attempts.size() == 1) {
      return "";
    }
    StringBuilder list = new StringBuilder();
    for (Attempt attempt : attempts) {
      list.append(list.isEmpty() ? " (" : ", ")
          .append(Addresses.format(attempt.address))
          .append(' ')
          .append(attempt.isIdle() ? Errno.describe(attempt.result) : "no answer");
    }
    return list.append(')').toString();
  }

  private void addFailures(NetworkException failure) {
    for (Attempt attempt : attempts) {
      if (attempt.isIdle()) {
        failure.addSuppressed(
            NetworkException.of("connect to", Addresses.format(attempt.address), attempt.result));
      }
    }
  }

  private static long nanos(Duration duration) {
    return TimeUnit.NANOSECONDS.convert(duration); // saturates
  }

  private void completed(Attempt attempt, int result) {
    pending--;
    attempt.result = result;
    if (result == 0 && won < 0 && isOpen()) {
      won = attempt.descriptor;
    } else {
      engine().sockets().close(attempt.descriptor);
      failedOne = true;
    }
    attempt.descriptor = -1;
    if (isOpen()) {
      progress.wakeAll();
    } else {
      finish();
    }
  }

  @Override
  public String kind() {
    return "connector";
  }

  @Override
  protected void waits(Waits waits) {
    int descriptor = -1;
    for (Attempt attempt : attempts) {
      descriptor = Math.max(descriptor, attempt.descriptor);
    }
    waits.told(progress.firstFiber(), "connecting with", descriptor);
  }

  @Override
  public int pendingOperations() {
    return pending;
  }

  @Override
  protected void closing() {
    for (Attempt attempt : attempts) {
      engine().cancel(attempt);
    }
    progress.wakeAll();
    finish();
  }

  @Override
  protected void aborting() {
    closing();
  }

  private void finish() {
    if (pending > 0 || state() != State.CLOSING) {
      return;
    }
    if (won >= 0) {
      engine().sockets().close(won); // nobody came to take it
      won = -1;
    }
    released();
  }

  /** Of one address; the waiting of the operation is the attempt. */
  private static final class Attempt extends Connect {
    private final Connector connector;
    private final SocketAddress address;
    private int result;

    Attempt(Connector connector, SocketAddress address) {
      this.connector = connector;
      this.address = address;
    }

    @Override
    public void ended(int outcome) {
      connector.completed(this, outcome);
    }

    @Override
    public String toString() {
      return "connect to " + Addresses.format(address) + " of " + connector.name();
    }
  }
}
