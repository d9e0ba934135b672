package gyre.http;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Loop;
import gyre.sync.Permit;
import gyre.sync.Semaphore;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A filter that lets so many requests of a loop be handled at a time. Others wait, in a queue that
 * is bounded too, and those that find it full, or wait too long, are answered with 503 and {@code
 * Retry-After}: a server that is overloaded answers some in time instead of all too late.
 *
 * <pre>{@code
 * router.filter(RequestLimit.perLoop(100).queue(50, Duration.ofSeconds(2)));
 * }</pre>
 *
 * <p>The handlers behind it run in fibers, in push style too, and count until they return.
 */
public final class RequestLimit implements UnaryOperator<HttpHandler> {
  private final int most;
  private final int queued;
  private final Duration wait;
  private final int retrySeconds;
  private final ConcurrentHashMap<Loop, Semaphore> loops = new ConcurrentHashMap<>();

  private RequestLimit(int most, int queued, Duration wait, int retrySeconds) {
    this.most = most;
    this.queued = queued;
    this.wait = wait;
    this.retrySeconds = retrySeconds;
  }

  /** So many at a time on each loop; as many may wait, for 5 s, and are to come again after 1 s. */
  public static RequestLimit perLoop(int most) {
    return new RequestLimit(
        Checks.between("most", most, 1, 1_000_000), most, Duration.ofSeconds(5), 1);
  }

  /** How many may wait on each loop, and for how long. */
  public RequestLimit queue(int requests, Duration atMost) {
    Checks.between("requests", requests, 0, 1_000_000);
    return new RequestLimit(most, requests, Checks.positive("atMost", atMost), retrySeconds);
  }

  /** What {@code Retry-After} says; a second by default. */
  public RequestLimit retryAfter(Duration value) {
    int seconds = Math.toIntExact(Checks.positive("retryAfter", value).plusMillis(999).toSeconds());
    return new RequestLimit(most, queued, wait, seconds);
  }

  @Override
  public HttpHandler apply(HttpHandler next) {
    HttpHandler limited =
        HttpHandler.inFiber((request, response) -> {
          Permit permit = acquire();
          if (permit == null) {
            response
                .status(503)
                .header("Retry-After", String.valueOf(retrySeconds))
                .send("503 Service Unavailable: too many requests are waiting\n");
            return;
          }
          try (permit) {
            next.handle(request, response);
          }
        });
    return new HttpHandler() {
      @Override
      public void handle(Request request, Response response) throws Exception {
        limited.handle(request, response);
      }

      @Override
      public boolean isStreaming(Request request) {
        return next.isStreaming(request);
      }
    };
  }

  private @Nullable Permit acquire() throws Exception {
    Semaphore semaphore =
        loops.computeIfAbsent(
            Loop.current(), loop -> Semaphore.create("requests on " + loop.name(), most));
    if (semaphore.available() > 0) {
      return semaphore.acquire();
    }
    if (semaphore.waiting() >= queued) {
      return null;
    }
    try {
      return Cancellation.within(wait, () -> semaphore.acquire());
    } catch (DeadlineExceededException e) {
      return null;
    }
  }
}
