package gyre.http.client;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Loop;
import gyre.Scope;
import gyre.net.ConnectionPool;
import gyre.sync.Retry;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A request with everything that may take several: redirects, retries, all within a deadline. */
final class Call {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> BUSY = Set.of(502, 503, 504);

  /** They are for one origin. */
  private static final Set<String> CREDENTIALS = Set.of("authorization", "cookie");

  /** An answer that says to ask again later. It is the result if there is no later. */
  private static final class BusyException extends Exception {
    private static final long serialVersionUID = 1L;

    final transient ClientResponse response;

    BusyException(ClientResponse response) {
      super("the server answered with status " + response.status(), null, false, false);
      this.response = response;
    }
  }

  private final ClientOptions options;
  private final ConnectionPool<Target, ClientConnection> pool;
  private final Scope owner;
  private final ClientRequest first;
  private final Loop loop = Loop.current();
  private final Duration limit;
  private final long startNanos = loop.nanoTime();
  private final long deadlineNanos;

  /** Of the attempt before, kept in case that it is the last one. */
  private @Nullable ClientResponse busy;

  Call(
      ClientOptions options,
      ConnectionPool<Target, ClientConnection> pool,
      Scope owner,
      ClientRequest request) {
    this.options = options;
    this.pool = pool;
    this.owner = owner;
    this.first = request;
    Duration own = request.deadline();
    this.limit = own == null ? options.totalTimeout() : own;
    this.deadlineNanos = startNanos + limit.toNanos();
  }

  ClientResponse run() {
    try {
      return Cancellation.within(limit, this::follow);
    } catch (DeadlineExceededException e) {
      Cancellation.current().check(); // if it is the caller's own deadline that has passed
      throw HttpClientException.timeout(
          first.toString(), Phase.HEAD, "it took longer than " + limit.toMillis() + " ms in all");
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("nothing else that is checked", e);
    }
  }

  // ---- redirects

  private ClientResponse follow() throws Exception {
    ClientRequest request = first;
    int hops = 0;
    while (true) {
      ClientResponse response = withRetries(request);
      String location = response.header("Location");
      if (options.redirects() == 0 || location == null || !REDIRECTS.contains(response.status())) {
        return response;
      }
      response.close();
      if (++hops > options.redirects()) {
        throw refused(request, "there are more than " + options.redirects());
      }
      request = redirected(request, response.status(), location);
    }
  }

  private ClientRequest redirected(ClientRequest request, int status, String location) {
    HttpUrl next;
    try {
      next = request.url().resolve(location);
    } catch (IllegalArgumentException e) {
      throw refused(request, String.valueOf(e.getMessage()));
    }
    if (request.url().isSecure() && !next.isSecure()) {
      throw refused(request, "it leads from https to http: ask for " + next + " if you mean it");
    }
    boolean isGet =
        status == 303 ? !request.method().equals("HEAD") : isPost(request) && status <= 302;
    ClientRequest changed = isGet ? request.asGet() : request;
    if (!changed.isRepeatable()) {
      throw refused(request, "the body can't be sent again: see ClientRequest.repeatableBody");
    }
    if (!next.hasSameOrigin(request.url())) {
      changed = changed.without(CREDENTIALS);
    }
    return changed.to(next);
  }

  private static boolean isPost(ClientRequest request) {
    return request.method().equals("POST");
  }

  private static HttpClientException refused(ClientRequest request, String why) {
    return new HttpClientException(
        request.toString(), Phase.REDIRECT, HttpClientException.Kind.REFUSED, why, null);
  }

  // ---- retries

  private static boolean mayRepeat(ClientRequest request) {
    return request.isIdempotent() && request.isRepeatable();
  }

  private ClientResponse withRetries(ClientRequest request) throws Exception {
    Retry retry = options.retry();
    if (retry == null || !mayRepeat(request)) {
      return attempt(request);
    }
    Callable<ClientResponse> again = () -> attemptAgain(request);
    try {
      ClientResponse response = retry.when(Call::isWorthRepeating).call(again);
      busy = null;
      return response;
    } catch (BusyException e) {
      busy = null;
      return e.response;
    } finally {
      closeBusy();
    }
  }

  private void closeBusy() {
    ClientResponse known = busy;
    busy = null;
    if (known != null) {
      known.close();
    }
  }

  private ClientResponse attemptAgain(ClientRequest request) throws BusyException {
    closeBusy();
    ClientResponse response = attempt(request);
    if (BUSY.contains(response.status())) {
      busy = response;
      throw new BusyException(response);
    }
    return response;
  }

  private static boolean isWorthRepeating(Exception failure) {
    return switch (failure) {
      case BusyException _ -> true;
      case DeadlineExceededException _ -> true; // of the attempt: the call's own ends it all
      case CancelledException _ -> false;
      case HttpClientException e ->
          e.kind() == HttpClientException.Kind.BROKEN
              || e.kind() == HttpClientException.Kind.TIMEOUT;
      default -> false;
    };
  }

  private ClientResponse attempt(ClientRequest request) {
    Exchange exchange = exchange(request);
    ClientResponse response;
    try {
      response = exchange.run();
    } catch (HttpClientException e) {
      if (!exchange.wasStale() || !mayRepeat(request)) {
        throw e;
      }
      pool.evict(Target.of(request.url())); // the others are likely to be closed as well
      response = exchange(request).run();
    }
    keepCookies(request, response);
    return response;
  }

  private Exchange exchange(ClientRequest request) {
    return new Exchange(options, pool, owner, withCookies(request), startNanos, deadlineNanos);
  }

  // ---- cookies

  private ClientRequest withCookies(ClientRequest request) {
    CookieJar jar = options.cookies();
    if (jar == null || request.hasHeader("Cookie")) {
      return request;
    }
    String cookies = jar.header(request.url(), loop.clock());
    return cookies == null ? request : request.header("Cookie", cookies);
  }

  private void keepCookies(ClientRequest request, ClientResponse response) {
    CookieJar jar = options.cookies();
    if (jar != null) {
      for (String field : response.headers("Set-Cookie")) {
        jar.set(request.url(), field, loop.clock());
      }
    }
  }
}
