package gyre.balancer;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.io.IoException;
import gyre.net.HandedListener;
import gyre.net.TcpServer;
import gyre.net.UnixStream;
import gyre.sync.Permit;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
 *                               &lt;-   its role in a pair
 *                               &lt;-   states of the targets, a line each, and END
 *   (opens what it has not got, then accepts on these as well)
 *   TAKEN                       -&gt;
 *                                    (stops listening, also on UDP and for the page)
 *                               &lt;-   who had which target, a line each
 *                                    (closes the control socket)
 *                               &lt;-   END
 *   (accepts again, opens the rest)      (ends when its connections have, or its time is up)
 * </pre>
 *
 * <p>Where the new one fails before TAKEN, the old one goes on as if nothing had been. After it the
 * new one goes on whatever fails: what could not be opened yet is tried again. At each moment
 * somebody listens, on the same socket, so that no connection is refused or lost.
 */
final class HandOver {
  static final String REQUEST = "{\"command\":\"hand-over\"}";

  private static final String TAKEN = "{\"command\":\"taken\"}";
  private static final String END = "{\"end\":true}";
  private static final String NOTE = "listeners";

  /** Goes with the listeners, and can't be the name of one. */
  private static final String REPLICATION = "\treplication";

  private static final int LINE_LIMIT_BYTES = 64 * 1024;
  private static final int TARGETS_LIMIT = 1_000_000;

  /** For each step of the other one. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** The old one waits longer for TAKEN than the new one may take, so that never both go on. */
  private static final Duration TAKEN_PATIENCE = Duration.ofSeconds(60);

  private static final Duration TAKEN_LIMIT = Duration.ofSeconds(45);

  private final UnixStream stream;
  private final long startNanos;
  private final Map<String, HandedListener> listeners = new LinkedHashMap<>();
  private final List<Map<String, String>> targets = new ArrayList<>();

  private HandOver(UnixStream stream, long startNanos) {
    this.stream = stream;
    this.startNanos = startNanos;
  }

  private static @Nullable String readLine(UnixStream stream, Duration limit) {
    try {
      return Cancellation.within(limit, () -> stream.readLine(LINE_LIMIT_BYTES));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  // ---- the old one

  /** On the control loop. */
  static void give(UnixStream stream, Balancer balancer) {
    stream.busy(true);
    try (Permit _ = balancer.holdConfig();
        Permit _ = balancer.pair().holdRole()) {
      if (!isTaken(stream, balancer)) {
        return;
      }
      balancer.handedOver();
    }
    try {
      HandOverState.writeClients(stream, balancer);
      stream.flush();
      balancer.closeControl(PATIENCE); // the new one opens its own there
      stream.write(END + "\n");
      stream.flush();
    } finally {
      balancer.askToStop();
    }
  }

  private static boolean isTaken(UnixStream stream, Balancer balancer) {
    List<String> names = new ArrayList<>(List.of(NOTE));
    List<TcpServer> servers = new ArrayList<>();
    for (Listener each : balancer.listeners()) {
      TcpServer server = each.server();
      if (server != null) {
        names.add(each.config().name());
        servers.add(server);
      }
    }
    TcpServer replication = balancer.pair().replication();
    if (replication != null) {
      names.add(REPLICATION);
      servers.add(replication);
    }
    boolean isTaken = false;
    try {
      stream.handListeners(String.join("\n", names).getBytes(StandardCharsets.UTF_8), servers);
      HandOverState.writeRole(stream, balancer);
      HandOverState.writeTargets(stream, balancer);
      stream.write(END + "\n");
      stream.flush();
      isTaken = TAKEN.equals(readLine(stream, TAKEN_PATIENCE));
    } finally {
      if (!isTaken) { // the kernel may have told the other one of a connection
        servers.forEach(TcpServer::acceptAgain);
      }
    }
    return isTaken;
  }

  // ---- the new one

  /**
   * Asks for the sockets. On the control loop.
   *
   * @throws IoException if nobody is there
   * @throws IllegalStateException if it does not give them
   */
  static HandOver ask(Path control, LoopPart part) {
    HandOver made = new HandOver(UnixStream.connect(control), part.nanoTime());
    boolean isDone = false;
    try {
      made.receive(control);
      isDone = true;
      return made;
    } finally {
      if (!isDone) {
        made.abandon();
      }
    }
  }

  private void receive(Path control) {
    stream.write(REQUEST + "\n");
    stream.flush();
    UnixStream.Handed handed = stream.receiveListeners(PATIENCE);
    List<String> names =
        Arrays.asList(new String(handed.note(), StandardCharsets.UTF_8).split("\n", -1));
    for (int i = 0; i < handed.listeners().size(); i++) {
      String name = i + 1 < names.size() ? names.get(i + 1) : "";
      listeners.put(name, handed.listeners().get(i));
    }
    if (!names.getFirst().equals(NOTE)) {
      throw new IllegalStateException(
          "take over from " + control + ": it says " + names.getFirst());
    }
    if (listeners.size() != names.size() - 1) {
      throw new IllegalStateException(
          "take over from "
              + control
              + ": got "
              + listeners.size()
              + " of "
              + (names.size() - 1)
              + " sockets; raise the limit on open files (ulimit -n)");
    }
    String line = readLine(stream, PATIENCE);
    while (!END.equals(line)) {
      if (line == null || targets.size() == TARGETS_LIMIT) {
        throw new IllegalStateException(
            "take over from " + control + ": it ended after " + targets.size() + " targets");
      }
      targets.add(JsonText.readFlat(line));
      line = readLine(stream, PATIENCE);
    }
  }

  /** The pools get what the old one knows of their targets. */
  void restore(Balancer balancer) {
    HandOverState.restoreTargets(balancer, targets);
  }

  /** The role that the old one had in a pair; null if it was no passive one. */
  Standby.@Nullable Role role() {
    return HandOverState.role(targets);
  }

  /** The socket of a listener with this name, if it is at the same address. */
  @Nullable HandedListener find(ListenConfig listen) {
    return find(listen.name(), listen.address());
  }

  /** The socket that passive ones connect to: who follows must not take us for dead meanwhile. */
  @Nullable HandedListener find(ReplicationConfig replication) {
    return find(REPLICATION, replication.address());
  }

  private @Nullable HandedListener find(String name, InetSocketAddress address) {
    HandedListener found = listeners.get(name);
    return found != null && found.address().equals(address) ? listeners.remove(name) : null;
  }

  /**
   * All that was wanted is adopted: whether the old one may still be told to go.
   *
   * @throws IllegalStateException if that took so long that it may have given up waiting
   */
  void checkTime(LoopPart part) {
    if (part.nanoTime() - startNanos > TAKEN_LIMIT.toNanos()) {
      throw new IllegalStateException("the take-over took longer than " + TAKEN_LIMIT);
    }
  }

  /** Tells the old one to go, and gives what it remembers to the pools. What fails is told. */
  void finish(Balancer balancer) {
    listeners.values().forEach(HandedListener::close);
    String failure = null;
    try {
      stream.write(TAKEN + "\n");
      stream.flush();
      String line = readLine(stream, PATIENCE);
      while (line != null && !line.equals(END)) {
        HandOverState.restoreClient(balancer, JsonText.readFlat(line));
        line = readLine(stream, PATIENCE);
      }
      failure = line == null ? "the old process has ended" : null;
      stream.close();
    } catch (DeadlineExceededException e) {
      failure = "the old process says nothing more";
    } catch (CancelledException e) {
      throw e;
    } catch (RuntimeException e) {
      failure = String.valueOf(e.getMessage());
    }
    if (failure != null) {
      stream.reset();
      balancer
          .events()
          .tell(
              balancer.control().now(),
              "",
              "not all clients of the old process are remembered: " + failure);
    }
  }

  /** It did not work out: the old one goes on. */
  void abandon() {
    listeners.values().forEach(HandedListener::close);
    stream.reset();
  }
}
