package gyre.insight.web;

import gyre.Fiber;
import gyre.Loop;
import gyre.http.Compression;
import gyre.http.Cookies;
import gyre.http.ErrorFormat;
import gyre.http.Form;
import gyre.http.HttpException;
import gyre.http.HttpHandler;
import gyre.http.HttpLimits;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Request;
import gyre.http.Response;
import gyre.http.Router;
import gyre.http.sse.SseEvent;
import gyre.http.sse.SseHub;
import gyre.http.sse.SseOptions;
import gyre.insight.web.Guard.Access;
import gyre.sync.Permit;
import gyre.sync.Semaphore;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * The page of a tool: its files, its data as JSON, actions and a live feed.
 *
 * <pre>{@code
 * WebConsole console = WebConsole.create(WebOptions.at(new InetSocketAddress("127.0.0.1", 7080)));
 * console.asset("/", "index.html", html).data("/api/state", request -> state.toJson());
 * console.action("/api/pause", request -> pause(request.needed("name")));
 * SseHub feed = console.feed("/api/feed");
 * console.open(loop);
 * System.out.println(console.link());
 * }</pre>
 *
 * <p>Files of the kit are below {@code /kit/}: {@code kit.css}, {@code kit.js}, {@code uplot.js}
 * and {@code uplot.css}. A page must have no script and no style in itself: the policy forbids
 * them.
 *
 * <p>Set up by one thread; opened and closed by any.
 */
public final class WebConsole implements AutoCloseable {
  private static final int BODY_LIMIT_BYTES = 64 * 1024;
  private static final int WAITING_PER_JOB = 16;
  private static final int CONNECTIONS_BESIDE_SUBSCRIBERS = 256;
  private static final Duration END_PATIENCE = Duration.ofSeconds(1);
  private static final String JSON = "application/json";
  private static final List<String> KIT = List.of("kit.css", "kit.js", "uplot.js", "uplot.css");

  private final WebOptions options;
  private final @Nullable String token;
  private final Router router = Router.create();
  private final List<SseHub> feeds = new ArrayList<>();
  private @Nullable Semaphore jobs;
  private @Nullable HttpServer server;
  private @Nullable Guard guard;

  private WebConsole(WebOptions options) {
    this.options = options;
    boolean isLocal = options.address().getAddress().isLoopbackAddress();
    String given = options.token();
    this.token = given != null || isLocal ? given : Guard.secret();
    router.filter(this::protect);
    for (String each : KIT) {
      asset("/kit/" + each, Asset.ofKit(each));
    }
    asset("/kit/uplot-LICENSE.txt", Asset.ofKit("uplot-LICENSE.txt"));
    router.get("/session", checked(Access.OPEN, this::session));
    router.post("/session", checked(Access.OPEN, this::signIn));
    router.delete("/session", checked(Access.ACT, this::signOut));
  }

  /** One that has only the files of the kit. */
  public static WebConsole create(WebOptions options) {
    return new WebConsole(options);
  }

  // ---- what it has

  /**
   * A file, which anybody may have: it must hold no data.
   *
   * @param path as {@code /} or {@code /queue.js}
   * @param name whose end says what it is
   */
  public WebConsole asset(String path, String name, byte[] content) {
    asset(path, Asset.of(name, content.clone()));
    return this;
  }

  private void asset(String path, Asset asset) {
    router.get(path, checked(Access.OPEN, asset::answer));
  }

  /** Data, as JSON, for those who may look. */
  public WebConsole data(String path, WebHandler handler) {
    return text(path, JSON, handler);
  }

  /** As {@link #data}, of any type: figures for Prometheus, a file to keep. */
  public WebConsole text(String path, String contentType, WebHandler handler) {
    router.get(
        path,
        checked(
            Access.READ,
            (request, response) ->
                answer(response, contentType, handler, WebRequest.ofQuery(request.query()))));
    return this;
  }

  /** Changes something, by POST with a form; answers JSON. */
  public WebConsole action(String path, WebHandler handler) {
    router.post(
        path,
        checked(Access.ACT, (request, response) -> answer(response, JSON, handler, form(request))));
    return this;
  }

  /**
   * A probe of a supervisor, which anybody may ask: 200 where the answer is empty, else 503 with
   * the reason. It must not block, and tell no data.
   */
  public WebConsole probe(String path, Supplier<String> problem) {
    router.get(
        path,
        checked(
            Access.OPEN,
            (request, response) -> {
              String what = problem.get();
              response.header("Cache-Control", "no-store");
              response
                  .status(what.isEmpty() ? 200 : 503)
                  .send(what.isEmpty() ? "ok\n" : what + "\n");
            }));
    return this;
  }

  /** Events for those who may look. One who is slow misses some, and goes on with the newest. */
  public SseHub feed(String path) {
    SseHub hub =
        SseHub.create(
            SseOptions.defaults()
                .keptEvents(8)
                .subscribers(options.subscribers())
                .slow(SseOptions.Slow.DROP_TO_LATEST)
                .retry(Duration.ofSeconds(2))
                .lastEvent(SseEvent.of("{}").type("end")));
    feeds.add(hub);
    router.get(path, checked(Access.READ, hub.handler()));
    return hub;
  }

  // ---- its life

  /**
   * Listens, on a loop.
   *
   * @throws gyre.net.NetworkException if it cannot listen there
   */
  public WebConsole open(Loop loop) {
    HttpOptions http =
        HttpOptions.defaults()
            .errors(ErrorFormat.JSON)
            .compression(Compression.gzip())
            .limits(HttpLimits.defaults().bodyBytes(BODY_LIMIT_BYTES));
    http =
        http.server(
            http.server()
                .listen(
                    http.server()
                        .listen()
                        .maxConnections(options.subscribers() + CONNECTIONS_BESIDE_SUBSCRIBERS)));
    if (options.tls() != null) {
      http = http.tls(options.tls());
    }
    server = HttpServer.serve(loop, options.address(), http, router);
    return this;
  }

  private HttpServer server() {
    HttpServer opened = server;
    if (opened == null) {
      throw new IllegalStateException("the console is not open");
    }
    return opened;
  }

  /** Where it listens, with the port that the system has chosen. */
  public InetSocketAddress address() {
    return server().address();
  }

  /** For a person to open: with the token behind it, which browsers send nobody. */
  public String link() {
    String scheme = options.tls() == null ? "http://" : "https://";
    String secret =
        token == null ? "" : "#token=" + URLEncoder.encode(token, StandardCharsets.UTF_8);
    return scheme + Links.authority(address()) + "/" + secret;
  }

  /** The token that is needed, if one is. */
  public Optional<String> token() {
    return Optional.ofNullable(token);
  }

  /** Ends the feeds, and stops listening. */
  @Override
  public void close() {
    close(END_PATIENCE);
  }

  /** For so long at most it waits until all have read what is left for them. */
  void close(Duration patience) {
    feeds.forEach(SseHub::close);
    HttpServer opened = server;
    if (opened != null) {
      opened.close(patience);
    }
  }

  // ---- requests

  private HttpHandler protect(HttpHandler next) {
    return (request, response) -> {
      for (int i = 0; i < Guard.PROTECTION.length; i += 2) {
        response.header(Guard.PROTECTION[i], Guard.PROTECTION[i + 1]);
      }
      try {
        next.handle(request, response);
      } catch (HttpException e) {
        if (response.isStarted() || e.getClass() != HttpException.class) {
          throw e; // the server knows more of those
        }
        refuse(response, e);
      }
    };
  }

  /** As the server would, but with the fields that protect. */
  private static void refuse(Response response, HttpException reason) {
    if (reason.status() == 401) {
      response.header("WWW-Authenticate", "Bearer");
    }
    String message =
        new String(
            JsonStringEncoder.getInstance().quoteAsCharArray(String.valueOf(reason.getMessage())));
    response
        .status(reason.status())
        .header("Cache-Control", "no-store")
        .contentType(JSON)
        .send("{\"status\":" + reason.status() + ",\"message\":\"" + message + "\"}\n");
  }

  private HttpHandler checked(Access access, HttpHandler next) {
    return (request, response) -> {
      guard().check(request, access);
      next.handle(request, response);
    };
  }

  /** Made by the first request, when the port is known; on the loop. */
  private Guard guard() {
    Guard known = guard;
    if (known == null) {
      known = new Guard(token, options.hosts(), address().getPort());
      guard = known;
    }
    return known;
  }

  private void answer(Response response, String contentType, WebHandler handler, WebRequest request)
      throws Exception {
    Semaphore limit = jobs();
    if (limit.waiting() >= options.jobs() * WAITING_PER_JOB) {
      throw new HttpException(503, "too many requests wait: try again in a while");
    }
    String text;
    Permit permit = limit.acquire();
    try {
      text = Fiber.offload(() -> handler.answer(request));
    } finally {
      permit.close();
    }
    response.header("Cache-Control", "no-store").contentType(contentType).send(text);
  }

  private Semaphore jobs() {
    Semaphore known = jobs;
    if (known == null) {
      known = Semaphore.create("web-jobs", options.jobs());
      jobs = known;
    }
    return known;
  }

  private static WebRequest form(Request request) {
    if (request.body().length() == 0) {
      return WebRequest.of(Map.of());
    }
    Map<String, String> fields = new LinkedHashMap<>();
    Form.of(request).fields().forEach(each -> fields.putIfAbsent(each.name(), each.value()));
    return WebRequest.of(fields);
  }

  // ---- session

  /** What the page asks first: whether it may look, and the secret that its actions need. */
  private void session(Request request, Response response) {
    guard().checkOrigin(request);
    boolean isKnown = guard().isKnown(request);
    response
        .header("Cache-Control", "no-store")
        .contentType(JSON)
        .send(
            "{\"signedIn\":%b,\"needsToken\":%b,\"csrf\":\"%s\"}\n"
                .formatted(isKnown, guard().needsToken(), isKnown ? guard().csrf() : ""));
  }

  private void signIn(Request request, Response response) {
    guard().checkOrigin(request);
    if (!guard().isToken(form(request).field("token"))) {
      throw new HttpException(401, "this is not the token");
    }
    response.header("Set-Cookie", cookie(guard().beginSession()).toString()).status(204).send();
  }

  private void signOut(Request request, Response response) {
    guard().endSession(request);
    response.header("Set-Cookie", cookie("").maxAge(Duration.ZERO).toString()).status(204).send();
  }

  private Cookies.Cookie cookie(String value) {
    return Cookies.set(guard().cookieName(), value)
        .sameSite("Strict")
        .secure(options.tls() != null);
  }
}
