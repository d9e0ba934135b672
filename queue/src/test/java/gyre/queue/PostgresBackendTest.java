package gyre.queue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(180)
@ExtendWith(PostgresServer.Lifetime.class)
class PostgresBackendTest extends BackendConformance {
  private static final PostgresServer SERVER = PostgresServer.shared();
  private static final String URL = SERVER.database();

  @Override
  Backend open() {
    try (Backend first = Backend.postgresql(URL)) {
      first.operations().counts(); // makes the tables
    }
    query(
        "TRUNCATE gyre_queue.entries, gyre_queue.ledger, gyre_queue.workers, gyre_queue.paused,"
            + " gyre_queue.batches, gyre_queue.batch_ends, gyre_queue.recurring;"
            + " DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    return Backend.postgresql(URL);
  }

  @Override
  List<String> query(String sql) {
    return SERVER.query(URL, sql);
  }

  @Override
  Path workerDirectory() {
    return directory.resolve("worker");
  }

  @Override
  String insertOrder() {
    return "ctid";
  }
}
