package gyre.sim.scenario;

import gyre.Fiber;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The flows of a world, and what the other ends know of them: a server that is told that a
 * connection broke writes it down here, by the client's address.
 */
final class Ledger {
  private static final int TRIES = 1_000;

  private final List<Flow> flows = new ArrayList<>();
  private final Set<SocketAddress> broken = new HashSet<>();
  private final Map<SocketAddress, List<Flow>> byClient = new HashMap<>();

  /** Flows of one connection share what becomes of it. */
  void add(@Nullable SocketAddress client, Flow flow) {
    flows.add(flow);
    if (client == null || broken.contains(client)) { // before anybody could ask
      flow.broke();
    } else {
      byClient.computeIfAbsent(client, _ -> new ArrayList<>(2)).add(flow);
    }
  }

  /** One end was told that the connection of this client is no more. */
  void broke(@Nullable SocketAddress client) {
    if (client == null) {
      return;
    }
    broken.add(client);
    List<Flow> known = byClient.get(client);
    if (known != null) {
      known.forEach(Flow::broke);
    }
  }

  /** The flow of a client, which writes it down as soon as it is connected. */
  Flow await(@Nullable SocketAddress client) {
    for (int tries = 0; tries < TRIES; tries++) {
      List<Flow> known = byClient.get(client);
      if (known != null) {
        return known.getFirst();
      }
      Fiber.sleep(Duration.ofMillis(10));
    }
    throw new IllegalStateException("the client at " + client + " has given up");
  }

  /** When the world has ended. */
  void checkOver() {
    flows.forEach(Flow::checkOver);
  }
}
