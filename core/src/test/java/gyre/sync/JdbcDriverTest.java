package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loops;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A database driver in fibers: its blocking reads park the fiber that queries. The database itself
 * is served by the same loop, so that one query which held it up would be the last.
 */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JdbcDriverTest {
  private static final int QUERIES = 20;

  private final StandInDriver driver = new StandInDriver();

  @BeforeEach
  void register() throws SQLException {
    DriverManager.registerDriver(driver);
  }

  @AfterEach
  void deregister() throws SQLException {
    DriverManager.deregisterDriver(driver);
  }

  @Test
  @SuppressWarnings("try") // the fiber that serves ends when it is closed
  void shouldRunAJdbcDriverInFibers() {
    Loops.run(
        "nio",
        () -> {
          Latch allThere = Latch.create("all queries", QUERIES);
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            Fiber<?> database =
                Fiber.start("database", () -> listener.serve(it -> answer(it, allThere)));
            List<Integer> numbers = IntStream.range(0, QUERIES).boxed().toList();
            List<String> answers =
                Work.map(numbers, QUERIES, number -> query(listener.port(), number));
            for (int number : numbers) {
              assertThat(answers.get(number))
                  .isEqualTo("row of select name where id = ? [" + number + "]");
            }
            listener.close();
            Object ignored = database.join();
          }
        });
  }

  /** Nobody is answered before all have asked. */
  private static void answer(TcpStream stream, Latch allThere) {
    for (String query : stream.lines(1_000)) {
      allThere.countDown();
      allThere.await();
      stream.write("row of " + query + "\n");
    }
  }

  private static String query(int port, int id) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:standin:" + port);
        PreparedStatement statement = connection.prepareStatement("select name where id = ?")) {
      statement.setInt(1, id);
      try (ResultSet rows = statement.executeQuery()) {
        assertThat(rows.next()).isTrue();
        return rows.getString(1);
      }
    }
  }
}
