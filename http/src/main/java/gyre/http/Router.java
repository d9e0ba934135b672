package gyre.http;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Picks a handler by path and method. Set up before the server is opened, and not changed after.
 *
 * <pre>{@code
 * Router router = Router.create()
 *     .get("/users/{id:int}", (request, response) -> response.send(name(request.intParameter("id"))))
 *     .get("/files/{path*}", files)
 *     .filter(next -> (request, response) -> {
 *       response.header("X-Frame-Options", "DENY");
 *       next.handle(request, response);
 *     });
 * }</pre>
 *
 * <p>A pattern is text with parameters, each a whole segment: {@code {name}} is anything, {@code
 * {name:int}} and {@code {name:long}} are decimal numbers, and {@code {name*}} at the end is the
 * rest of the path. Text is compared as it was sent, byte by byte, and comes before parameters.
 *
 * <p>What no pattern fits is answered with 404, a method that a pattern has not with 405 and {@code
 * Allow}. HEAD is answered by the handler of GET, OPTIONS with what is allowed.
 */
public final class Router implements HttpHandler {
  private final RouteTree tree = new RouteTree();
  private final List<UnaryOperator<HttpHandler>> filters = new ArrayList<>();
  private HttpHandler filtered = this::route;

  private Router() {}

  /** One that answers 404 to everything. */
  public static Router create() {
    return new Router();
  }

  public Router get(String pattern, HttpHandler handler) {
    return add("GET", pattern, handler);
  }

  public Router post(String pattern, HttpHandler handler) {
    return add("POST", pattern, handler);
  }

  public Router put(String pattern, HttpHandler handler) {
    return add("PUT", pattern, handler);
  }

  public Router patch(String pattern, HttpHandler handler) {
    return add("PATCH", pattern, handler);
  }

  public Router delete(String pattern, HttpHandler handler) {
    return add("DELETE", pattern, handler);
  }

  /**
   * Adds a route for any method, which is told apart by case.
   *
   * @throws IllegalArgumentException if the pattern is malformed, or has this method already
   */
  public Router add(String method, String pattern, HttpHandler handler) {
    Route route = tree.add(pattern);
    for (Route.Method known : route.methods()) {
      if (known.name().equals(method)) {
        throw new IllegalArgumentException(method + " " + pattern + " has a handler already");
      }
    }
    route.methods().add(new Route.Method(method, handler));
    return this;
  }

  /**
   * Puts a filter around all routes, whenever they were added: a function that makes a handler of
   * the next one. The one that was added first is outermost.
   */
  public Router filter(UnaryOperator<HttpHandler> filter) {
    filters.add(filter);
    HttpHandler all = this::route;
    for (UnaryOperator<HttpHandler> each : filters.reversed()) {
      all = each.apply(all);
    }
    filtered = all;
    return this;
  }

  @Override
  public void handle(Request request, Response response) throws Exception {
    filtered.handle(request, response);
  }

  @Override
  public boolean isStreaming(Request request) {
    if (!(request instanceof RequestView view) || view.isForServer()) {
      return false;
    }
    Route route = tree.find(view);
    return route != null && route.find(request).isStreaming(request);
  }

  private void route(Request request, Response response) throws Exception {
    if (!(request instanceof RequestView view)) {
      throw new IllegalArgumentException("not a request of this server: " + request);
    }
    if (view.isForServer()) {
      response.status(204).send(); // nothing holds for all resources
      return;
    }
    Route route = tree.find(view);
    if (route == null) {
      throw new HttpException(404, "");
    }
    view.route(route);
    route.find(request).handle(request, response);
  }
}
