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

  private final Path directory;
  private final WebOptions web;

  private DashboardOptions(Path directory, WebOptions web) {
    this.directory = directory;
    this.web = web;
  }

  /** Of the queue in that directory, at 127.0.0.1:7080. */
  public static DashboardOptions of(Path directory) {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    return new DashboardOptions(
        directory, WebOptions.at(new InetSocketAddress(loopback, DEFAULT_PORT)));
  }

  /** Where it is, and who may see it. */
  public DashboardOptions web(WebOptions value) {
    return new DashboardOptions(directory, Objects.requireNonNull(value, "web"));
  }

  public Path directory() {
    return directory;
  }

  WebOptions web() {
    return web;
  }
}
