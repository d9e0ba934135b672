package gyre.http.sse;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.http.client.ClientBody;
import gyre.http.client.ClientRequest;
import gyre.http.client.ClientResponse;
import gyre.http.client.HttpClient;
import gyre.http.client.HttpClientException;
import gyre.io.IoException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Listens to a server's events, and comes back where the connection breaks: it then says what it
 * has seen last, so that nothing is missed that the server has kept. In direct style {@link #next}
 * parks; in push style {@link #onEvent} has a handler called.
 *
 * <pre>{@code
 * try (SseClient events = SseClient.open(client, ClientRequest.get(url), SseClientOptions.defaults())) {
 *   for (SseEvent event = events.next(); event != null; event = events.next()) {
 *     System.out.println(event.data());
 *   }
 * }
 * }</pre>
 *
 * <p>It ends when the server answers 204. It fails for good on an answer that is not 200 with
 * {@code text/event-stream}; 429, 500, 502, 503, 504 and broken connections are come back from.
 *
 * <p>Used on the loop of its client, by one fiber at a time.
 */
public final class SseClient implements AutoCloseable {
  /** Where it stands. */
  public enum State {
    CONNECTING,
    OPEN,
    /** Between two connections. */
    WAITING,
    ENDED
  }

  private static final Set<Integer> PASSING = Set.of(429, 500, 502, 503, 504);

  /** Connections end, and this limits each of them alone. */
  private static final Duration LONGEST_CONNECTION = Duration.ofDays(1);

  private final HttpClient client;
  private final ClientRequest request;
  private final SseClientOptions options;
  private final SseDecoder decoder;
  private final Loop loop = Loop.current();
  private State state = State.CONNECTING;
  private @Nullable ClientResponse response;
  private Duration serverDelay;
  private int failures;
  private long connections;

  private SseClient(HttpClient client, ClientRequest request, SseClientOptions options) {
    this.client = client;
    this.options = options;
    this.request =
        request
            .header("Accept", "text/event-stream")
            .header("Cache-Control", "no-store")
            .gzip(false) // which bounds an answer in all
            .deadline(LONGEST_CONNECTION);
    this.decoder = new SseDecoder(options.eventBytes());
    this.serverDelay = options.firstDelay();
  }

  /** Connects with the first {@link #next}. */
  public static SseClient open(HttpClient client, ClientRequest request, SseClientOptions options) {
    return new SseClient(client, request, options);
  }

  /**
   * The next event; parks until it is there, and comes back as often as it takes.
   *
   * @return null if there are no more
   * @throws SseException if there will be none, and coming back would not change that
   */
  public @Nullable SseEvent next() {
    while (state != State.ENDED) {
      try {
        ClientResponse open = response;
        if (open == null) {
          connect();
        } else if (read(open)) {
          failures = 0;
          return decoder.event();
        } else {
          comeBack("the server has ended it", null);
        }
      } catch (HttpClientException e) {
        comeBack(String.valueOf(e.getMessage()), e);
      }
    }
    return null;
  }

  private void connect() {
    state = State.CONNECTING;
    ClientRequest asked = request;
    String last = decoder.lastEventId();
    if (!last.isEmpty()) {
      byte[] utf8 = last.getBytes(StandardCharsets.UTF_8);
      asked = asked.header("Last-Event-ID", new String(utf8, StandardCharsets.ISO_8859_1));
    }
    ClientResponse answer = client.send(asked);
    if (answer.status() == 200 && isEventStream(answer.header("Content-Type"))) {
      connections++;
      // Each event is limited, and there may be none for long.
      var ignored = answer.body().limit(Long.MAX_VALUE).silence(options.silence());
      decoder.begin();
      response = answer;
      state = State.OPEN;
      return;
    }
    answer.close();
    if (answer.status() == 204) {
      state = State.ENDED;
    } else if (PASSING.contains(answer.status())) {
      comeBack("the server answered " + answer.status(), null);
    } else {
      state = State.ENDED;
      throw new SseException(
          request.toString(),
          "the answer is "
              + answer.status()
              + " and of type "
              + answer.header("Content-Type")
              + ", not 200 and text/event-stream",
          null);
    }
  }

  private static boolean isEventStream(@Nullable String type) {
    String lower = type == null ? "" : type.toLowerCase(Locale.ROOT);
    int semicolon = lower.indexOf(';');
    return (semicolon < 0 ? lower : lower.substring(0, semicolon))
        .strip()
        .equals("text/event-stream");
  }

  /** Whether there is an event; false at the end of this connection. */
  private boolean read(ClientResponse from) {
    ClientBody body = from.body();
    while (true) {
      SseDecoder.Outcome outcome = decoder.decode(body.input());
      Duration said = decoder.takeRetry();
      if (said != null) {
        serverDelay = said;
      }
      switch (outcome) {
        case EVENT -> {
          return true;
        }
        case TOO_LARGE -> {
          close();
          throw new SseException(
              request.toString(),
              "an event has more than " + options.eventBytes() + " bytes: see eventBytes",
              null);
        }
        case MORE -> {
          if (!body.await(1)) {
            return false;
          }
        }
      }
    }
  }

  /** Waits before the next connection. */
  private void comeBack(String reason, @Nullable Throwable cause) {
    hangUp();
    if (state == State.ENDED) {
      return;
    }
    failures++;
    if (options.attempts() >= 0 && failures > options.attempts()) {
      state = State.ENDED;
      throw new SseException(
          request.toString(), "gave up after " + failures + " attempts: " + reason, cause);
    }
    state = State.WAITING;
    long delayNanos = delayNanos();
    if (delayNanos > 0) {
      Fiber.sleep(Duration.ofNanos(delayNanos));
    }
  }

  /** Doubled with each failure, less a random half of it. */
  private long delayNanos() {
    long mostNanos = Math.max(options.maxDelay().toNanos(), serverDelay.toNanos());
    int doublings = Math.min(failures - 1, 20);
    long nanos = Math.min(mostNanos, serverDelay.toNanos() << doublings);
    long longest = nanos < 0 ? mostNanos : nanos;
    return longest - (longest < 2 ? 0 : loop.random().nextLong(longest / 2));
  }

  private void hangUp() {
    ClientResponse open = response;
    response = null;
    if (open != null) {
      open.close();
    }
  }

  public State state() {
    return state;
  }

  /** What it says when it comes back; empty if no event had an id. */
  public String lastEventId() {
    return decoder.lastEventId();
  }

  /** How often it was connected. */
  public long connections() {
    return connections;
  }

  /**
   * Has {@code handler} take the events, in a fiber of the current scope; the fiber ends with them.
   */
  public Fiber<?> onEvent(SseHandler handler) {
    return Scope.current().start("sse-client", () -> deliver(handler));
  }

  private void deliver(SseHandler handler) throws Exception {
    try {
      for (SseEvent event = next(); event != null; event = next()) {
        handler.onEvent(event);
      }
    } catch (IoException e) {
      handler.onFailure(e);
      return;
    } finally {
      close();
    }
    handler.onEnd();
  }

  /** Ends it; a fiber that waits for an event is to be cancelled instead. */
  @Override
  public void close() {
    state = State.ENDED;
    hangUp();
  }
}
