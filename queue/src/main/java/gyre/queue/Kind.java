package gyre.queue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How entries of one operation are executed.
 *
 * @param concurrency how many at a time; not for SQL, which has one thread
 * @param ratePerSecond how many may begin in a second; 0 for no limit
 */
record Kind(
    String operation,
    Way way,
    int concurrency,
    long ratePerSecond,
    Duration timeout,
    RetryPolicy retry) {
  static final int DEFAULT_CONCURRENCY = 4;
  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  /** What executes it. */
  sealed interface Way {}

  /** By the engine, in its transaction. */
  record Sql() implements Way {}

  /** By a program, with the payload as its input. */
  record Program(List<String> command, @Nullable Path directory, Map<String, String> environment)
      implements Way {}

  /**
   * By a call of HTTP, with the payload as its body.
   *
   * @param retryStatus answers that are worth another attempt
   */
  record Http(String method, URI url, Map<String, String> headers, Set<Integer> retryStatus)
      implements Way {}

  /** By a class. */
  record Java(QueueHandler handler) implements Way {}

  boolean isSql() {
    return way instanceof Sql;
  }
}
