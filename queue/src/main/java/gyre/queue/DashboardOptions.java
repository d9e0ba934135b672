package gyre.queue;

import gyre.insight.web.WebOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Objects;

/** What a {@link Dashboard} shows, and where. Immutable; each method gives a changed copy. */
public final class DashboardOptions {
  /** Where it is if nothing is said, on the loopback address. */
  public static final int DEFAULT_PORT = 7080;

  private final Backend backend;
  private final WebOptions web;

  private DashboardOptions(Backend backend, WebOptions web) {
    this.backend = backend;
    this.web = web;
  }

  /** Of the queue in that directory, at 127.0.0.1:7080. */
  public static DashboardOptions of(Path directory) {
    return of(Backend.spool(directory));
  }

  /** Of the queue there, which stays open and is not used itself, at 127.0.0.1:7080. */
  public static DashboardOptions of(Backend backend) {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    return new DashboardOptions(
        backend, WebOptions.at(new InetSocketAddress(loopback, DEFAULT_PORT)));
  }

  /** Where it is, and who may see it. */
  public DashboardOptions web(WebOptions value) {
    return new DashboardOptions(backend, Objects.requireNonNull(value, "web"));
  }

  Backend backend() {
    return backend;
  }

  WebOptions web() {
    return web;
  }
}
