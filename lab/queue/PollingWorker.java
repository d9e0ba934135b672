import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A queue on PostgreSQL as River and Oban have it, in Java: a fetcher takes up to 100 jobs at a time
 * by SKIP LOCKED and marks them as running, four threads execute each in a transaction of its own
 * that also marks it as completed, and who finds nothing polls again after 100 ms.
 *
 * <p>java -cp postgresql.jar lab/queue/PollingWorker.java jdbc:postgresql://HOST:PORT/DB?user=U N
 */
public final class PollingWorker {
  private static final int THREADS = 4;
  private static final int FETCH = 100;

  private record Task(long id, int number) {}

  public static void main(String[] arguments) throws Exception {
    String url = arguments[0];
    int count = Integer.parseInt(arguments[1]);
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS peer_bench (n integer)");
      statement.execute("DROP TABLE IF EXISTS peer_jobs");
      statement.execute(
          "CREATE TABLE peer_jobs (id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'available',"
              + " priority smallint NOT NULL DEFAULT 1, number integer NOT NULL,"
              + " attempted_at timestamptz, finalized_at timestamptz)");
      statement.execute("CREATE INDEX ON peer_jobs (state, priority, id)");
      for (int round = 0; round < 2; round++) { // the first warms up
        statement.execute(
            "INSERT INTO peer_jobs (number) SELECT n FROM generate_series(1, " + count + ") n");
        long begin = System.nanoTime();
        work(url, count);
        long nanos = System.nanoTime() - begin;
        if (round == 1) {
          System.out.printf("polling worker: %,.0f jobs/s%n", count * 1e9 / nanos);
        }
      }
    }
  }

  private static void work(String url, int count) throws Exception {
    CountDownLatch left = new CountDownLatch(count);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      threads.add(Thread.ofPlatform().start(() -> run(url, left)));
    }
    for (Thread each : threads) {
      each.join();
    }
  }

  private static void run(String url, CountDownLatch left) {
    try (Connection connection = DriverManager.getConnection(url)) {
      connection.setAutoCommit(false);
      while (left.getCount() > 0) {
        List<Task> tasks = fetch(connection);
        if (tasks.isEmpty()) {
          Thread.sleep(left.getCount() > 0 ? 100 : 0);
        }
        for (Task each : tasks) {
          execute(connection, each);
          left.countDown();
        }
      }
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Task> fetch(Connection connection) throws SQLException {
    List<Task> tasks = new ArrayList<>();
    try (PreparedStatement take =
        connection.prepareStatement(
            "UPDATE peer_jobs SET state = 'running', attempted_at = now() WHERE id IN (SELECT id"
                + " FROM peer_jobs WHERE state = 'available' ORDER BY priority, id LIMIT "
                + FETCH
                + " FOR UPDATE SKIP LOCKED) RETURNING id, number")) {
      try (ResultSet rows = take.executeQuery()) {
        while (rows.next()) {
          tasks.add(new Task(rows.getLong(1), rows.getInt(2)));
        }
      }
    }
    connection.commit();
    return tasks;
  }

  private static void execute(Connection connection, Task task) throws SQLException {
    try (PreparedStatement work =
            connection.prepareStatement("INSERT INTO peer_bench VALUES (?)");
        PreparedStatement complete =
            connection.prepareStatement(
                "UPDATE peer_jobs SET state = 'completed', finalized_at = now() WHERE id = ?")) {
      work.setInt(1, task.number());
      work.executeUpdate();
      complete.setLong(1, task.id());
      complete.executeUpdate();
    }
    connection.commit();
  }
}
