package gyre.balancer;

import gyre.io.IoException;
import gyre.net.HandedListener;
import gyre.net.TcpServer;
import gyre.net.UnixStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A new process takes over from an old one, by the old one's control socket:
 *
 * <pre>
 *   new                                   old
 *   REQUEST                     -&gt;
 *                               &lt;-   the listening sockets of TCP, with their names
 *   (accepts on them as well)
 *   TAKEN                       -&gt;
 *                                    (stops listening, also on UDP and on the control socket)
 *                               &lt;-   who had which target, a line each, and END
 *   (accepts again, opens the rest)      (ends when its connections have, or its time is up)
 * </pre>
 *
 * <p>Where the new one fails before TAKEN, the old one goes on as if nothing had been. At each
 * moment somebody listens, on the same socket, so that no connection is refused or lost.
 */
final class HandOver {
  static final String REQUEST = "{\"command\":\"hand-over\"}";

  private static final String TAKEN = "{\"command\":\"taken\"}";
  private static final String END = "{\"end\":true}";
  private static final int LINE_LIMIT_BYTES = 1024;
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final UnixStream stream;
  private final Map<String, HandedListener> listeners;

  private HandOver(UnixStream stream, Map<String, HandedListener> listeners) {
    this.stream = stream;
    this.listeners = listeners;
  }

  // ---- the old one

  /** On the control loop. */
  static void give(UnixStream stream, Balancer balancer) {
    List<String> names = new ArrayList<>();
    List<TcpServer> servers = new ArrayList<>();
    for (Listener each : balancer.listeners()) {
      TcpServer server = each.server();
      if (server != null) {
        names.add(each.config().name());
        servers.add(server);
      }
    }
    stream.handListeners(String.join("\n", names).getBytes(StandardCharsets.UTF_8), servers);
    boolean isTaken = false;
    try {
      isTaken = TAKEN.equals(stream.readLine(LINE_LIMIT_BYTES));
    } finally {
      if (!isTaken) { // the kernel may have told the other one of a connection
        servers.forEach(TcpServer::acceptAgain);
      }
    }
    if (!isTaken) {
      return;
    }
    balancer.handedOver();
    long now = balancer.control().nanoTime();
    for (Pool pool : balancer.pools()) {
      for (Persistence.Entry each : pool.persistence().entries(now)) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("pool", pool.name());
        line.put("client", each.client().getHostAddress());
        line.put("target", each.target());
        line.put("left_ms", each.leftNanos() / 1_000_000);
        stream.write(JsonText.write(line) + "\n");
      }
    }
    stream.write(END + "\n");
    stream.flush();
    balancer.askToStop();
  }

  // ---- the new one

  /**
   * Asks for the sockets. On the control loop.
   *
   * @throws IoException if nobody is there or it does not give them
   */
  static HandOver ask(Path control) {
    UnixStream stream = UnixStream.connect(control);
    stream.write(REQUEST + "\n");
    stream.flush();
    UnixStream.Handed handed = stream.receiveListeners(LIMIT);
    String[] names = new String(handed.note(), StandardCharsets.UTF_8).split("\n", -1);
    Map<String, HandedListener> listeners = new LinkedHashMap<>();
    for (int i = 0; i < handed.listeners().size(); i++) {
      listeners.put(names[i], handed.listeners().get(i));
    }
    return new HandOver(stream, listeners);
  }

  /** The socket of a listener with this name, if it is on the same port. */
  @Nullable HandedListener find(ListenConfig listen) {
    HandedListener found = listeners.get(listen.name());
    return found != null && found.address().getPort() == listen.address().getPort()
        ? listeners.remove(listen.name())
        : null;
  }

  /** All that was wanted is adopted: the old one may go. Gives what it remembers to the pools. */
  void finish(Balancer balancer) {
    listeners.values().forEach(HandedListener::close);
    stream.write(TAKEN + "\n");
    long now = balancer.control().nanoTime();
    String line = stream.readLine(LINE_LIMIT_BYTES);
    while (line != null && !line.equals(END)) {
      Map<String, String> words = JsonText.readFlat(line);
      Pool pool = balancer.pool(words.getOrDefault("pool", ""));
      if (pool != null) {
        InetAddress client = InetAddress.ofLiteral(words.getOrDefault("client", ""));
        long until = now + Long.parseLong(words.getOrDefault("left_ms", "0")) * 1_000_000;
        pool.persistence()
            .put(
                client,
                words.getOrDefault("target", ""),
                until,
                pool.config().persistenceEntries());
      }
      line = stream.readLine(LINE_LIMIT_BYTES);
    }
    stream.close();
  }

  /** It did not work out: the old one goes on. */
  void abandon() {
    listeners.values().forEach(HandedListener::close);
    stream.reset();
  }
}
