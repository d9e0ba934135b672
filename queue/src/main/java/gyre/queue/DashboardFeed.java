package gyre.queue;

import gyre.http.sse.SseEvent;
import gyre.http.sse.SseHub;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a queue from time to time, and tells all pages that are open: each second while there is
 * one, and seldom while there is none, for the curves. One look serves everybody.
 */
final class DashboardFeed implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("gyre.queue");

  private static final long WATCHED_MILLIS = 1000;
  private static final long ALONE_MILLIS = 5000;

  /** A look is not made more often than that, whoever asks. */
  private static final long FRESH_MILLIS = 500;

  /** For so long whoever asks waits for a look that is under way. */
  private static final long PATIENCE_MILLIS = 200;

  /** Looking may take at most this part of the time. */
  private static final int SHARE = 10;

  private final DashboardSource source;
  private final SseHub hub;
  private final LongSupplier clock;

  /** Held for as long as a look takes, which is long where a disk or a server does not answer. */
  private final ReentrantLock looking = new ReentrantLock();

  /** Never held while something is looked at: so what is known is told at once. Taken last. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition wakeUp = lock.newCondition();

  // Guarded by the lock.
  private final History history = new History();
  private final Alerts alerts = new Alerts();
  private boolean isClosed;
  private boolean isWoken;
  private long number;

  private volatile Sample last = Sample.NONE;
  private volatile String state = "{}";
  private final Thread looker;

  DashboardFeed(DashboardSource source, SseHub hub, LongSupplier clock) {
    this.source = source;
    this.hub = hub;
    this.clock = clock;
    this.looker =
        Thread.ofPlatform().name("gyre-queue-dashboard").daemon().unstarted(this::lookOften);
  }

  void start() {
    looker.start();
  }

  private void lookOften() {
    try {
      while (!isClosed()) {
        looking.lockInterruptibly();
        try {
          lookWhatever();
        } finally {
          looking.unlock();
        }
        rest();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it is closed
    }
  }

  private void rest() throws InterruptedException {
    long pauseMillis = hub.subscribers() > 0 ? WATCHED_MILLIS : ALONE_MILLIS;
    long nanos = TimeUnit.MILLISECONDS.toNanos(Math.max(pauseMillis, last.tookMillis() * SHARE));
    lock.lockInterruptibly();
    try {
      while (nanos > 0 && !isWoken && !isClosed) {
        nanos = wakeUp.awaitNanos(nanos);
      }
      isWoken = false;
    } finally {
      lock.unlock();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return isClosed;
    } finally {
      lock.unlock();
    }
  }

  /** A fault of one look must not end all others. With the lock of looking. */
  private void lookWhatever() {
    try {
      look();
    } catch (RuntimeException e) {
      LOGGER.log(System.Logger.Level.ERROR, "the dashboard could not look at " + source.name(), e);
    }
  }

  /** With the lock of looking. */
  private void look() {
    Sample sample = source.look(clock.getAsLong());
    lock.lock();
    try {
      last = sample;
      History.Point point = history.add(sample);
      List<Alerts.Alert> found =
          alerts.judge(
              sample,
              point.at(),
              history.since(sample.timeMillis() - Alerts.FAILURE_WINDOW_MILLIS, point.at()));
      state = Json.write(state(sample, point, found));
      number++;
      hub.publish(SseEvent.of(state).type("state").id(String.valueOf(number)));
    } catch (IllegalStateException e) {
      isClosed = true; // the pages have ended meanwhile
    } finally {
      lock.unlock();
    }
  }

  private boolean tryLook() {
    try {
      return looking.tryLock(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the dashboard is closed
      return false;
    }
  }

  /** A look that is not old; or the last one, where another is under way that takes long. */
  Sample fresh() {
    if (!tryLook()) {
      return last;
    }
    try {
      long age = clock.getAsLong() - last.timeMillis();
      if (!isClosed() && (age > Math.max(FRESH_MILLIS, last.tookMillis() * SHARE) || age < 0)) {
        look();
      }
      return last;
    } finally {
      looking.unlock();
    }
  }

  String freshState() {
    fresh();
    return state;
  }

  /** After something was done from a page: it sees so at once. */
  String after(String answer) {
    lock.lock();
    try {
      isWoken = true;
      wakeUp.signalAll();
    } finally {
      lock.unlock();
    }
    return answer;
  }

  String history() {
    lock.lock();
    try {
      Map<String, @Nullable Object> answer = new LinkedHashMap<>();
      answer.put("rows", history.rows());
      return Json.write(answer);
    } finally {
      lock.unlock();
    }
  }

  /** Empty, or why the queue is not served; from what is known, without looking. */
  String notReady() {
    Sample sample = last;
    if (clock.getAsLong() - sample.timeMillis() > Dashboard.STALE.toMillis()) {
      return "the directory of the queue does not answer";
    }
    if (!sample.error().isEmpty()) {
      return "the directory of the queue can't be read";
    }
    if (sample.workers().isEmpty()) {
      return "no worker runs";
    }
    boolean isOneWell =
        sample.workers().stream()
            .anyMatch(each ->
                each.trouble().isEmpty()
                    && each.heartbeatAgeSeconds(sample.timeMillis()) <= Alerts.HEARTBEAT_SECONDS);
    return isOneWell ? "" : "no worker is well";
  }

  // ---- as JSON

  private Map<String, @Nullable Object> state(
      Sample sample, History.Point point, List<Alerts.Alert> found) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("directory", source.name());
    all.put("time", sample.timeMillis());
    all.put("error", sample.error());
    all.put("paused", sample.isPaused());
    all.put("paused_kinds", sample.pausedKinds());
    all.put("pending", sample.pending());
    all.put("delayed", sample.delayed());
    all.put("processing", sample.processing());
    all.put("failed", sample.failed());
    all.put("completed", sample.completed());
    all.put("oldest_seconds", Math.round(sample.oldestSeconds() * 10) / 10.0);
    all.put("took_millis", sample.tookMillis());
    all.put("point", point.row());
    List<Object> workers = new ArrayList<>();
    sample.workers().forEach(each -> workers.add(worker(each, sample.timeMillis())));
    all.put("workers", workers);
    List<Object> raised = new ArrayList<>();
    found.forEach(each -> raised.add(alert(each)));
    all.put("alerts", raised);
    return all;
  }

  private static Map<String, @Nullable Object> worker(WorkerSample worker, long now) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("slot", worker.slot());
    fields.put("pid", worker.pid());
    fields.put("mode", worker.mode());
    fields.put("heartbeat_age_seconds", worker.heartbeatAgeSeconds(now));
    fields.put("watcher_alive", worker.watcherAlive());
    fields.put("watcher_wanted", worker.watcherWanted());
    fields.put("watcher_restarts", worker.watcherRestarts());
    fields.put("idle_seconds", worker.idleSeconds());
    fields.put("processing", worker.processing());
    fields.put("done", worker.done());
    fields.put("failed", worker.failed());
    fields.put("retried", worker.retried());
    fields.put("duplicates", worker.duplicates());
    fields.put("events", worker.events());
    fields.put("trouble", worker.trouble());
    return fields;
  }

  private static Map<String, @Nullable Object> alert(Alerts.Alert alert) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("name", alert.name());
    fields.put("severity", alert.severity().name().toLowerCase(java.util.Locale.ROOT));
    fields.put("text", alert.text());
    fields.put("since", alert.sinceMillis());
    return fields;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      isClosed = true;
      wakeUp.signalAll();
    } finally {
      lock.unlock();
    }
    looker.interrupt(); // not waited for: it may be in a look at a disk that does not answer
  }
}
