package gyre.sim;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.sim.engine.Chance;
import gyre.sim.engine.SimEngine;
import gyre.sim.kernel.KernelEngine;
import gyre.sim.kernel.KernelVersion;
import java.util.Locale;

/** Which engine the loops of a simulated world have. */
public enum WorldEngine {
  /** One of the simulation's own, which takes the place of engine and kernel. */
  SIM,

  /** The real one of io_uring, above a kernel that the simulation plays. */
  IO_URING,

  /** The real one of epoll, above a kernel that the simulation plays. */
  EPOLL;

  /** What it is called on a command line, and what {@code Loop.engineName()} says. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of that label. */
  public static WorldEngine of(String label) {
    for (WorldEngine each : values()) {
      if (each.label().equals(label)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "unknown engine '" + label + "'; a world has one of sim, io_uring and epoll");
  }

  /**
   * One of the three, which the seed decides: for worlds that must be right on each of them, and
   * whose budget of seeds is then a budget of all.
   */
  public static WorldEngine ofSeed(long seed) {
    WorldEngine[] all = values();
    return all[Chance.of(seed, "engine of the world").below(all.length)];
  }

  Engine above(SimEngine process, EngineOptions options, Chance versions) {
    return this == SIM ? process : KernelEngine.open(label(), version(versions), process, options);
  }

  /** Mostly the newest, and now and then an older one that can carry both engines. */
  private static KernelVersion version(Chance versions) {
    return switch (versions.below(8)) {
      case 0 -> KernelVersion.V6_1;
      case 1 -> KernelVersion.V6_12;
      default -> KernelVersion.NEWEST;
    };
  }
}
