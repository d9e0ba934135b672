package gyre.queue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGNotification;
import org.postgresql.jdbc.PgConnection;

/**
 * A thread that waits for notifications, and gives the worker's sign of life. A notification is a
 * hint: the tables are the truth, and whoever hears none looks at them all the same, from time to
 * time and after each loss of the connection.
 */
final class PgListener implements Runnable {
  /** What a notification says; nothing for an entry that is pending. */
  static final String DELAYED = "delayed";

  static final String PAUSED = "paused";
  static final String DRAIN = "drain";

  private static final Duration STATEMENT_TIME = Duration.ofSeconds(5);
  private static final long BUSY_NANOS = 1_000_000_000;

  private final PgShared shared;
  private volatile @Nullable PgConnection connection;
  private volatile boolean isOver;
  private long nextBeatNanos;
  private long toldActivity;
  private final Duration silence;

  PgListener(PgShared shared) {
    this.shared = shared;
    // Below the lease: it must know that it is believed dead about as soon as the others do.
    this.silence = Duration.ofSeconds(Math.max(1, shared.lease().toSeconds() * 2 / 3));
  }

  @Override
  public void run() {
    int failures = 0;
    try {
      while (!isOver) {
        try {
          round();
          failures = 0;
        } catch (SQLException e) {
          listenAgain(PgErrors.trouble("listen to", shared.database, e), failures++);
        } catch (RuntimeException e) {
          listenAgain(e, failures++);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  private void listenAgain(RuntimeException trouble, int failures) throws InterruptedException {
    close();
    if (!isOver) {
      shared.trouble(trouble);
      Thread.sleep(PgShared.pauseMillis(failures));
    }
  }

  /** Any thread. What it waits for is broken off. */
  void end() {
    isOver = true;
    PgConnection open = connection;
    if (open != null) {
      try {
        open.abort(Runnable::run);
      } catch (SQLException e) {
        // it is lost already, which ends the waiting too
      }
    }
  }

  private void round() throws SQLException {
    PgConnection open = ready();
    long leftNanos = nextBeatNanos - System.nanoTime();
    if (leftNanos <= 0) {
      beat(open);
      nextBeatNanos = System.nanoTime() + periodNanos();
      return;
    }
    PGNotification[] notifications =
        open.getNotifications((int) Math.max(1, leftNanos / 1_000_000));
    if (notifications != null) {
      for (PGNotification each : notifications) {
        heard(open, each.getParameter());
      }
    }
  }

  /** Shorter where there is something to tell: it is what the dashboard shows. */
  private long periodNanos() {
    long activity =
        shared.stats.processed.get() + shared.stats.failed.get() + shared.stats.retried.get();
    long usual = shared.timing.heartbeatPeriod().toNanos();
    long period = activity == toldActivity ? usual : Math.min(usual, BUSY_NANOS);
    toldActivity = activity;
    return period;
  }

  private void heard(PgConnection open, String what) throws SQLException {
    shared.stats.wakeUps.incrementAndGet();
    switch (what) {
      case DELAYED -> shared.keeping.wakeOne();
      case PAUSED -> {
        readPaused(open);
        shared.wakeAll();
      }
      case DRAIN -> beat(open); // whose answer says so: anybody can notify
      default -> {
        shared.work.wakeOne();
        shared.keeping.wakeOne();
      }
    }
  }

  private PgConnection ready() throws SQLException {
    PgConnection open = connection;
    if (open != null) {
      return open;
    }
    open =
        shared.database.open(
            "gyre queue listener",
            STATEMENT_TIME,
            STATEMENT_TIME,
            Map.of("socketTimeout", String.valueOf(silence.toSeconds())));
    connection = open;
    PgSchema.create(open);
    try (Statement statement = open.createStatement()) {
      statement.execute("LISTEN " + PgSchema.CHANNEL);
    }
    readPaused(open);
    beat(open);
    nextBeatNanos = System.nanoTime() + periodNanos();
    shared.listeningSinceNanos = System.nanoTime();
    shared.isListening = true;
    shared.stats.isWatching = true;
    shared.troubleIsOver();
    shared.wakeAll(); // what came in between was not heard
    return open;
  }

  private void readPaused(PgConnection open) throws SQLException {
    Set<String> paused = new HashSet<>();
    try (Statement statement = open.createStatement();
        ResultSet rows = statement.executeQuery("SELECT operation FROM gyre_queue.paused")) {
      while (rows.next()) {
        paused.add(rows.getString(1));
      }
    }
    shared.paused = Collections.unmodifiableSet(paused);
    shared.stats.isPaused = paused.contains("");
  }

  // ---- the sign of life

  /** A row that is gone was taken for dead: then this worker goes on under another number. */
  private void beat(PgConnection open) throws SQLException {
    shared.countProcessing();
    String heartbeat = Heartbeat.json(shared.stats, System.currentTimeMillis());
    if (shared.worker != 0) {
      try (PreparedStatement update =
          open.prepareStatement(
              "UPDATE gyre_queue.workers SET heartbeat_at = clock_timestamp(), heartbeat = ?,"
                  + " operations = ? WHERE worker = ? RETURNING drains")) {
        update.setString(1, heartbeat);
        update.setArray(2, open.createArrayOf("text", operations()));
        update.setLong(3, shared.worker);
        try (ResultSet rows = update.executeQuery()) {
          if (rows.next()) {
            answered();
            if (rows.getBoolean(1)) {
              shared.wish(Inbox.Wish.DRAIN);
            }
            return;
          }
        }
      }
      shared.log.warn(
          "no sign of life reached the database for "
              + shared.lease().toMillis()
              + " ms: others have what handlers here were executing");
    }
    try (PreparedStatement insert =
        open.prepareStatement(
            "INSERT INTO gyre_queue.workers (host, pid, operations, heartbeat)"
                + " VALUES (?, ?, ?, ?) RETURNING worker")) {
      insert.setString(1, host());
      insert.setLong(2, ProcessHandle.current().pid());
      insert.setArray(3, open.createArrayOf("text", operations()));
      insert.setString(4, heartbeat);
      try (ResultSet rows = insert.executeQuery()) {
        rows.next();
        shared.worker = rows.getLong(1);
        answered();
      }
    }
  }

  /** After a gap the signs of others are old too, as those of a server that stood still. */
  private void answered() {
    long nowNanos = System.nanoTime();
    if (nowNanos - shared.lastBeatNanos > shared.lease().toNanos() / 2) {
      shared.listeningSinceNanos = nowNanos;
    }
    shared.lastBeatNanos = nowNanos;
  }

  private Object[] operations() {
    List<String> all = new ArrayList<>(shared.sqlOperations());
    shared.handlerKinds().forEach(each -> all.add(each.operation()));
    return all.toArray();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  private void close() {
    shared.isListening = false;
    shared.stats.isWatching = false;
    PgConnection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // it was lost before
      }
    }
  }
}
