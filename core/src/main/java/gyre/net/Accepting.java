package gyre.net;

import gyre.engine.Accept;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.spi.Resource;
import java.util.concurrent.TimeUnit;

/**
 * The accepting of a listener: the operation, and what its failures mean. One that is of a single
 * connection is passed over; one that is of the system is waited after, with growing intervals; any
 * other ends it for good.
 */
final class Accepting extends Accept {
  /**
   * Failures in a row that may each be of one connection, and are not waited after. Beyond that the
   * next attempt would most likely fail too, and a loop that tried at once would do nothing else.
   */
  private static final int AT_ONCE_LIMIT = 8;

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final SocketListener<?> listener;
  private final Engine engine;
  private final Pause pause;
  private long pauseNanos = FIRST_PAUSE_NANOS;

  /** Since a connection was accepted. */
  private int failuresInARow;

  /** 0, or the -errno that ended accepting for good. */
  private int failure;

  Accepting(SocketListener<?> listener) {
    this.listener = listener;
    this.engine = listener.ownEngine();
    this.pause = new Pause(listener);
    this.descriptor = listener.descriptor();
  }

  /** It has broken down, for good. */
  boolean isOver() {
    return failure != 0;
  }

  /** Neither under way, nor waited after, nor over. */
  boolean isStartable() {
    return failure == 0 && isIdle() && !pause.isActive();
  }

  void start() {
    engine.submit(this);
  }

  /** For now. */
  void cancel() {
    engine.cancel(this);
  }

  void stop() {
    pause.cancel();
    engine.cancel(this);
  }

  void throwFailure() {
    if (failure != 0) {
      throw failure();
    }
  }

  private NetworkException failure() {
    return NetworkException.of("accept on", listener.describe(), failure);
  }

  @Override
  public void accepted(int connection) {
    pauseNanos = FIRST_PAUSE_NANOS;
    failuresInARow = 0;
    listener.accepted(connection);
  }

  @Override
  public void ended(int error) {
    if (listener.hasBeenStopped()) {
      return;
    }
    if (error == Errno.ECANCELED.negated()) {
      listener.tryAgain();
    } else if (Errno.isShortage(error)) {
      pause(error);
    } else if (isOfOneConnection(error)) {
      if (failuresInARow++ < AT_ONCE_LIMIT) {
        listener.tryAgain();
      } else {
        pause(error);
      }
    } else {
      failure = error;
      listener.brokeDown(failure());
    }
  }

  private void pause(int error) {
    if (pauseNanos == FIRST_PAUSE_NANOS) {
      listener.reportPause(
          NetworkException.of(
              "accept on",
              listener.describe(),
              error,
              "tries again soon, and the other connections go on"));
    }
    pause.start(pauseNanos);
    pauseNanos = Math.min(LONGEST_PAUSE_NANOS, pauseNanos * 2);
  }

  /**
   * Errors that accept reports of a connection which died in the queue: see accept(2). Some of them
   * can come of the listener as well, and then they come every time.
   */
  private static boolean isOfOneConnection(int error) {
    return error == Errno.ECONNABORTED.negated()
        || error == Errno.EINTR.negated()
        || error == Errno.EAGAIN.negated()
        || error == Errno.EPERM.negated()
        || error == Errno.EPROTO.negated()
        || error == Errno.ENETDOWN.negated()
        || error == Errno.ENETUNREACH.negated()
        || error == Errno.EHOSTDOWN.negated()
        || error == Errno.EHOSTUNREACH.negated()
        || error == Errno.EOPNOTSUPP.negated()
        || error == Errno.ENOPROTOOPT.negated();
  }

  @Override
  public String toString() {
    return "accept of " + listener.name();
  }

  /** Until accepting is tried again. */
  private static final class Pause extends Resource.Timeout {
    private final SocketListener<?> listener;

    Pause(SocketListener<?> listener) {
      super(listener);
      this.listener = listener;
    }

    @Override
    protected void expired() {
      listener.tryAgain();
    }
  }
}
