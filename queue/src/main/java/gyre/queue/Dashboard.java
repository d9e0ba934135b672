package gyre.queue;

import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.http.HttpException;
import gyre.http.sse.SseHub;
import gyre.insight.prometheus.PrometheusText;
import gyre.insight.web.WebConsole;
import gyre.insight.web.WebHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A page that shows a queue and its workers live, with figures for Prometheus at {@code /metrics}.
 * It looks at the files or tables alone, so it needs no worker in its process, and one that is
 * stuck does not hold it up.
 *
 * <pre>{@code
 * try (Dashboard dashboard = Dashboard.open(DashboardOptions.of(directory))) {
 *   System.out.println(dashboard.link());
 *   ...
 * }
 * }</pre>
 *
 * <p>It has a loop and a thread of its own. Opened and closed by any thread.
 */
public final class Dashboard implements AutoCloseable {
  private final LoopGroup loops;
  private final WebConsole console;
  private final DashboardFeed feed;
  private final DashboardSource source;

  private Dashboard(
      LoopGroup loops, WebConsole console, DashboardFeed feed, DashboardSource source) {
    this.source = source;
    this.loops = loops;
    this.console = console;
    this.feed = feed;
  }

  /**
   * Listens, and begins to look.
   *
   * @throws QueueException if there is no queue
   * @throws gyre.net.NetworkException if it cannot listen there
   */
  public static Dashboard open(DashboardOptions options) {
    DashboardSource source = DashboardSource.of(options.backend());
    WebConsole console = WebConsole.create(options.web());
    SseHub hub = console.feed("/api/feed");
    DashboardFeed feed = new DashboardFeed(source, hub, System::currentTimeMillis);
    addPage(console);
    DashboardRequests requests = new DashboardRequests(source);
    addData(console, feed, requests, hub);
    addActions(console, feed, requests);
    LoopGroup loops = LoopGroup.open(1, LoopOptions.defaults().name("queue-dashboard"));
    try {
      console.open(loops.loop(0));
    } catch (RuntimeException e) {
      loops.close();
      source.close();
      throw e;
    }
    feed.start();
    return new Dashboard(loops, console, feed, source);
  }

  private static void addPage(WebConsole console) {
    console
        .asset("/", "queue.html", resource("queue.html"))
        .asset("/queue.css", "queue.css", resource("queue.css"))
        .asset("/queue.js", "queue.js", resource("queue.js"));
  }

  private static byte[] resource(String name) {
    try (InputStream in = Dashboard.class.getResourceAsStream("dashboard/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no dashboard/" + name + ": build it again");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("read " + name + " of the jar", e);
    }
  }

  private static void addData(
      WebConsole console, DashboardFeed feed, DashboardRequests requests, SseHub hub) {
    console
        .data("/api/state", request -> feed.freshState())
        .data("/api/history", request -> feed.history())
        .data("/api/entries", told(requests::list))
        .data("/api/entry", told(requests::detail))
        .text(
            "/metrics",
            PrometheusText.CONTENT_TYPE,
            request -> QueueMetrics.text(feed.fresh(), hub.subscribers()))
        .probe("/healthz", () -> "")
        .probe("/readyz", feed::notReady);
  }

  private static void addActions(
      WebConsole console, DashboardFeed feed, DashboardRequests requests) {
    console
        .action("/api/retry", told(requests::retry))
        .action("/api/retry-all", told(requests::retryAll))
        .action("/api/discard", told(requests::discard))
        .action("/api/pause", told(request -> feed.after(requests.pause(request))))
        .action("/api/resume", told(request -> feed.after(requests.resume(request))));
  }

  /** What is wrong with the queue or its disk is told to whoever asked, who may do something. */
  private static WebHandler told(WebHandler handler) {
    return request -> {
      try {
        return handler.answer(request);
      } catch (QueueException e) {
        throw new HttpException(503, String.valueOf(e.getMessage()));
      } catch (IOException | UncheckedIOException e) {
        throw new HttpException(503, QueueException.reason(e));
      } catch (IllegalArgumentException e) {
        throw new HttpException(400, String.valueOf(e.getMessage()));
      }
    };
  }

  /** Where it listens, with the port that the system has chosen. */
  public InetSocketAddress address() {
    return console.address();
  }

  /** For a person to open; has the token, if one is needed. */
  public String link() {
    return console.link();
  }

  /** What is needed to see it from another machine, as {@code Authorization: Bearer TOKEN}. */
  public java.util.Optional<String> token() {
    return console.token();
  }

  /** Ends the pages that are open, and stops listening. */
  @Override
  public void close() {
    feed.close();
    console.close();
    loops.close();
    source.close();
  }

  /** How long a look may be old before {@code /readyz} says so. */
  static final Duration STALE = Duration.ofSeconds(30);
}
