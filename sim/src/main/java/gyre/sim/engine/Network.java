package gyre.sim.engine;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Machines, their addresses and names, and the routes between them. */
public final class Network {
  private final Universe universe;
  private final List<Machine> machines = new ArrayList<>();
  private final Map<InetAddress, Machine> byAddress = new HashMap<>();
  private final Map<Long, Route> routes = new HashMap<>();

  Network(Universe universe) {
    this.universe = universe;
  }

  public Machine addMachine(String name) {
    Machine machine = new Machine(universe, machines.size() + 1, name);
    machines.add(machine);
    return machine;
  }

  public List<Machine> machines() {
    return machines;
  }

  void addressed(InetAddress address, Machine machine) {
    Machine other = byAddress.putIfAbsent(address, machine);
    if (other != null && !other.equals(machine)) {
      throw new IllegalArgumentException(address + " belongs to " + other.name() + " already");
    }
  }

  /** Who is meant by an address, seen from a machine. */
  @Nullable Machine find(Machine from, InetAddress address) {
    return address.isLoopbackAddress() || address.isAnyLocalAddress()
        ? from
        : byAddress.get(address);
  }

  @Nullable Machine named(String name) {
    for (Machine machine : machines) {
      if (machine.name().equals(name)) {
        return machine;
      }
    }
    return null;
  }

  public Route route(Machine from, Machine to) {
    Long key = (long) from.number() << 32 | to.number();
    Route known = routes.get(key);
    if (known == null) {
      known = new Route(universe, from.number() * 1000 + to.number(), from, to);
      routes.put(key, known);
    }
    return known;
  }
}
