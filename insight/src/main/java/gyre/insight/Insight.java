package gyre.insight;

import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.http.HttpException;
import gyre.http.sse.SseHub;
import gyre.insight.prometheus.PrometheusText;
import gyre.insight.web.WebConsole;
import gyre.insight.web.WebHandler;
import gyre.insight.web.WebOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * A page that shows what the loops of a process do, live, with figures for Prometheus at {@code
 * /metrics}.
 *
 * <pre>{@code
 * WebOptions web = WebOptions.at(new InetSocketAddress("127.0.0.1", 7070));
 * try (Insight page = Insight.serve(web)) {
 *   System.out.println(page.link());
 *   ...
 * }
 * }</pre>
 *
 * <p>It reads the file that loops write their figures into, and has a loop and a thread of its own:
 * a loop that is stuck is shown as such. Opened and closed by any thread.
 */
public final class Insight implements AutoCloseable {
  private final LoopGroup loops;
  private final WebConsole console;
  private final PageFeed feed;

  private Insight(LoopGroup loops, WebConsole console, PageFeed feed) {
    this.loops = loops;
    this.console = console;
    this.feed = feed;
  }

  /**
   * Of this process, which must have opened a loop.
   *
   * @throws UncheckedIOException if no loop of it tells anything
   * @throws gyre.net.NetworkException if it cannot listen there
   */
  public static Insight serve(WebOptions options) {
    return serve(ProcessHandle.current().pid(), options);
  }

  /** Of any process of this user; as {@link #serve(WebOptions)}. */
  public static Insight serve(long pid, WebOptions options) {
    WebConsole console = WebConsole.create(options);
    SseHub hub = console.feed("/api/feed");
    PageFeed feed;
    try {
      feed = PageFeed.of(Observation.open(pid), hub);
    } catch (IOException e) {
      throw new UncheckedIOException(String.valueOf(e.getMessage()), e);
    }
    addPage(console);
    addData(console, feed, pid);
    LoopGroup loops = LoopGroup.open(1, LoopOptions.defaults().name("insight").insight(false));
    try {
      console.open(loops.loop(0));
    } catch (RuntimeException e) {
      loops.close();
      feed.close();
      throw e;
    }
    feed.start();
    return new Insight(loops, console, feed);
  }

  private static void addPage(WebConsole console) {
    console
        .asset("/", "insight.html", resource("insight.html"))
        .asset("/insight.css", "insight.css", resource("insight.css"))
        .asset("/insight.js", "insight.js", resource("insight.js"));
  }

  private static byte[] resource(String name) {
    try (InputStream in = Insight.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no page/" + name + ": build it again");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("read " + name + " of the jar", e);
    }
  }

  private static void addData(WebConsole console, PageFeed feed, long pid) {
    console
        .data("/api/state", _ -> feed.freshState())
        .data("/api/history", _ -> feed.history())
        .data("/api/tree", told(request -> PageTree.of(pid, request.field("text"))))
        .text("/metrics", PrometheusText.CONTENT_TYPE, told(_ -> feed.metrics()))
        .probe("/healthz", () -> "")
        .probe("/readyz", feed::notReady);
  }

  /** A process that does not answer is no fault of the page. */
  private static WebHandler told(WebHandler handler) {
    return request -> {
      try {
        return handler.answer(request);
      } catch (IOException e) {
        throw new HttpException(503, String.valueOf(e.getMessage()));
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
  public Optional<String> token() {
    return console.token();
  }

  /** Ends the pages that are open, and stops listening. */
  @Override
  public void close() {
    feed.close();
    console.close();
    loops.close();
  }
}
