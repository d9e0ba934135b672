package gyre.insight;

import gyre.http.sse.SseEvent;
import gyre.http.sse.SseHub;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a process from time to time, and tells all pages that are open: each second while there
 * is one, and seldom while there is none, for the curves. One look serves everybody.
 */
final class PageFeed implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("gyre.insight");

  private static final long WATCHED_MILLIS = 1000;
  private static final long ALONE_MILLIS = 5000;

  /** A look is not made more often than that, whoever asks. */
  private static final long FRESH_MILLIS = 500;

  private static final long STALE_MILLIS = 30_000;
  private static final int POINTS = 900;

  private final Observation observation;
  private final SseHub hub;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wakeUp = lock.newCondition();

  // Guarded by the lock.
  private final Deque<String> history = new ArrayDeque<>();
  private Observation.@Nullable Look last;
  private boolean isClosed;
  private long number;

  private volatile long lookedMillis;
  private volatile boolean isAlive = true;
  private volatile String state = "{}";
  private final Thread looker;

  private PageFeed(Observation observation, SseHub hub) {
    this.observation = observation;
    this.hub = hub;
    this.looker = Thread.ofPlatform().name("gyre-insight-page").daemon().unstarted(this::lookOften);
  }

  /** Has looked once, so that there is something to compare with. */
  static PageFeed of(Observation observation, SseHub hub) throws IOException {
    PageFeed feed = new PageFeed(observation, hub);
    boolean isMade = false;
    try {
      Observation.Look ignored = observation.look();
      isMade = true;
      return feed;
    } finally {
      if (!isMade) {
        observation.close();
      }
    }
  }

  void start() {
    looker.start();
  }

  private void lookOften() {
    lock.lock();
    try {
      while (!isClosed) {
        lookWhatever();
        long pause = hub.subscribers() > 0 ? WATCHED_MILLIS : ALONE_MILLIS;
        boolean ignored = wakeUp.await(pause, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that, and then it ends
    } finally {
      observation.close();
      lock.unlock();
    }
  }

  /** A fault of one look must not end all others. With the lock. */
  private void lookWhatever() {
    try {
      look();
    } catch (IOException | RuntimeException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "the page could not look at " + observation.pid(), e);
    }
  }

  /** With the lock. */
  private void look() throws IOException {
    isAlive = observation.isAlive();
    Observation.Look look = observation.look();
    last = look;
    lookedMillis = System.currentTimeMillis();
    String point = PageState.point(look, lookedMillis);
    history.addLast(point);
    if (history.size() > POINTS) {
      history.removeFirst();
    }
    state = PageState.of(look, point, isAlive);
    number++;
    try {
      hub.publish(SseEvent.of(state).type("state").id(Long.toString(number)));
    } catch (IllegalStateException e) {
      isClosed = true; // the pages have ended meanwhile
    }
  }

  /** With the lock. */
  private void refresh() throws IOException {
    if (!isClosed && System.currentTimeMillis() - lookedMillis > FRESH_MILLIS) {
      look();
    }
  }

  String freshState() throws IOException {
    lock.lock();
    try {
      refresh();
      return state;
    } finally {
      lock.unlock();
    }
  }

  String history() {
    lock.lock();
    try {
      return "{\"rows\":[" + String.join(",", history) + "]}";
    } finally {
      lock.unlock();
    }
  }

  String metrics() throws IOException {
    lock.lock();
    try {
      refresh();
      Observation.Look look = last;
      if (look == null) {
        throw new IOException("process " + observation.pid() + " was not looked at yet");
      }
      return LoopMetrics.text(look);
    } finally {
      lock.unlock();
    }
  }

  /** Empty, or why the page shows nothing new. */
  String notReady() {
    if (!isAlive) {
      return "process " + observation.pid() + " has ended";
    }
    boolean isStale = System.currentTimeMillis() - lookedMillis > STALE_MILLIS;
    return isStale ? "process " + observation.pid() + " could not be read lately" : "";
  }

  @Override
  public void close() {
    lock.lock();
    try {
      isClosed = true;
      wakeUp.signalAll();
      if (looker.getState() == Thread.State.NEW) {
        observation.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
