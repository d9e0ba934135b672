package gyre.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A handler that tells a load balancer whether to send more: 200 and {@code ok}, or 503 and the
 * names of what fails. While the server drains it is 503.
 *
 * <pre>{@code
 * router.get("/healthz", Health.create().check("queue", () -> queue.size() < 1000));
 * }</pre>
 *
 * <p>Checks are called on the loops of the server, and must not wait.
 */
public final class Health implements HttpHandler {
  private final Map<String, BooleanSupplier> checks = new LinkedHashMap<>();

  private Health() {}

  /** One without checks. */
  public static Health create() {
    return new Health();
  }

  /** To be called before the server is opened. */
  public Health check(String name, BooleanSupplier isHealthy) {
    checks.put(name, isHealthy);
    return this;
  }

  @Override
  public void handle(Request request, Response response) {
    StringBuilder failing = new StringBuilder();
    if (request.isDraining()) {
      failing.append("draining\n");
    }
    checks.forEach((name, isHealthy) -> {
      if (!isHealthy.getAsBoolean()) {
        failing.append(name).append('\n');
      }
    });
    response.header("Cache-Control", "no-store");
    if (failing.isEmpty()) {
      response.send("ok\n");
    } else {
      response.status(503).send(failing.toString());
    }
  }
}
