package gyre.http.client;

import gyre.Loop;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.net.ConnectionPool;
import gyre.net.PoolCounters;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Asks servers by HTTP/1.1. In <b>direct style</b> {@link #send} parks the fiber until the head of
 * the answer is there; in <b>push style</b> {@link #sendAsync} gives a future that completes on the
 * loop with all of it.
 *
 * <pre>{@code
 * try (HttpClient client = HttpClient.open(ClientOptions.defaults());
 *     ClientResponse response = client.send(ClientRequest.get("http://example.org/"))) {
 *   System.out.println(response.status() + " " + response.body().readText());
 * }
 * }</pre>
 *
 * <p>Answers are read strictly, within limits, all of which are on. A connection on which anything
 * is in doubt is not used again.
 *
 * <p>A request that is safe to ask twice and fails since its connection was closed while it was
 * idle is asked again once, on a new one. All other repeating is by option: {@link
 * ClientOptions#retry}.
 *
 * <p><b>Threads and lifetime.</b> It belongs to the loop and the scope that it was opened in, and
 * so do its connections. Close it before that scope ends. {@link #sendAsync} may be called from any
 * thread.
 *
 * <p><b>Cancellation.</b> A request that is cancelled closes its connection; one that waits for a
 * connection has taken none.
 */
public final class HttpClient implements AutoCloseable {
  /** Takes the body of an answer as it comes, in push style. */
  @FunctionalInterface
  public interface PieceHandler {
    /** The bytes are lent for the call; what is not consumed is dropped. */
    void onPiece(ByteQueue piece) throws Exception;
  }

  private final Loop loop = Loop.current();
  private final ClientOptions options;
  private final Scope owner = Scope.current();
  private final ConnectionPool<Target, ClientConnection> pool;

  private HttpClient(ClientOptions options) {
    this.options = options;
    this.pool = ConnectionPool.open(options.pool(), new Connecting(options));
  }

  /** A client in the current scope. */
  public static HttpClient open(ClientOptions options) {
    return new HttpClient(options);
  }

  public ClientOptions options() {
    return options;
  }

  /**
   * Sends a request, and parks until the head of its answer is there. Whatever the status is: that
   * is an answer.
   *
   * @throws HttpClientException if there is none; it says the phase and the reason
   * @throws java.util.concurrent.RejectedExecutionException if too many wait for connections
   */
  public ClientResponse send(ClientRequest request) {
    return new Call(options, pool, owner, request).run();
  }

  /**
   * Sends a request from any thread, and gives all of its answer, which may have {@code
   * HttpLimits.bodyBytes}. The future completes on the loop, in a fiber, so that what depends on it
   * runs there unless it says otherwise. Cancelling it cancels the request.
   */
  public CompletableFuture<FullResponse> sendAsync(ClientRequest request) {
    return loop.callAsync(() -> {
      try (ClientResponse response = send(request)) {
        return FullResponse.read(response);
      }
    });
  }

  /**
   * As {@link #sendAsync(ClientRequest)}, and gives the body of an answer with 2xx piece by piece
   * on the way. The body of the result is empty then.
   */
  public CompletableFuture<FullResponse> sendAsync(ClientRequest request, PieceHandler handler) {
    return loop.callAsync(() -> {
      try (ClientResponse response = send(request)) {
        ClientBody body = response.body();
        if (response.isSuccess()) {
          var ignored = body.limit(Long.MAX_VALUE);
          while (body.await(1)) {
            handler.onPiece(body.input());
            body.input().clear();
          }
        }
        return FullResponse.read(response);
      }
    });
  }

  /** What its pool holds at present, and what has happened. On the loop. */
  public PoolCounters counters() {
    return pool.counters();
  }

  /** Lets requests that are under way end, at most for so long; then closes. */
  public boolean drain(Duration limit) {
    return pool.drain(limit);
  }

  /** Closes its idle connections; those that are in use when their answers are closed. */
  @Override
  public void close() {
    pool.close();
  }
}
