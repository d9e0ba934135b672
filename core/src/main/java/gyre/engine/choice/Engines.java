package gyre.engine.choice;

import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.engine.epoll.EpollEngine;
import gyre.engine.nio.NioEngine;
import gyre.engine.uring.UringEngine;
import gyre.engine.uring.UringOptions;
import gyre.sys.Memory;
import java.util.List;

/**
 * Chooses the engine of a loop: the best there is, or the one that was asked for by name or by
 * {@code -Dgyre.engine=}.
 *
 * <p>Classes that call Linux are touched on Linux alone.
 */
public final class Engines {
  public static final String AUTO = "auto";
  public static final String PROPERTY = "gyre.engine";

  /** All valid names. */
  public static final List<String> NAMES = List.of(AUTO, "io_uring", "epoll", "nio");

  private static final List<String> BEST_FIRST = List.of("io_uring", "epoll", "nio");

  private Engines() {}

  /**
   * Opens an engine that belongs to this thread.
   *
   * @param requested a name out of {@link #NAMES}; the system property decides where it is {@link
   *     #AUTO}
   * @throws IllegalArgumentException for a name that there is none of
   * @throws EngineUnavailable if the one that was asked for can't run here
   */
  public static EngineChoice open(String requested, EngineOptions options) {
    String name = valid(requested, "engine");
    if (name.equals(AUTO)) {
      name = valid(System.getProperty(PROPERTY, AUTO), "-D" + PROPERTY);
    }
    return name.equals(AUTO) ? best(options) : forced(name, options);
  }

  private static String valid(String name, String where) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "%s: '%s' is not an engine; engines: %s"
              .formatted(where, name, String.join(", ", NAMES)));
    }
    return name;
  }

  private static EngineChoice forced(String name, EngineOptions options) {
    try {
      return new EngineChoice(openNamed(name, options), name + ", as asked for");
    } catch (EngineUnavailable unavailable) {
      throw new EngineUnavailable(
          "engine %s was asked for, but %s; engine auto would take the next best"
              .formatted(name, unavailable.getMessage()));
    }
  }

  private static EngineChoice best(EngineOptions options) {
    StringBuilder explanation = new StringBuilder();
    for (String name : BEST_FIRST) {
      try {
        Engine engine = openNamed(name, options);
        return new EngineChoice(engine, explanation.isEmpty() ? name : explanation + " → " + name);
      } catch (EngineUnavailable unavailable) {
        explanation
            .append(explanation.isEmpty() ? "" : "; ")
            .append(name)
            .append(": ")
            .append(unavailable.getMessage());
      }
    }
    throw new EngineUnavailable(explanation.toString());
  }

  private static Engine openNamed(String name, EngineOptions options) {
    if (name.equals("nio")) {
      return NioEngine.open(options);
    }
    requireLinux();
    requireNativeAccess();
    try {
      return name.equals("io_uring") ? UringEngine.open(uring(options)) : EpollEngine.open(options);
    } catch (LinkageError | IllegalCallerException noForeignCalls) {
      throw new EngineUnavailable("no foreign calls here: " + rootMessage(noForeignCalls));
    }
  }

  private static void requireLinux() {
    String system = System.getProperty("os.name", "unknown");
    if (!system.equals("Linux")) {
      throw new EngineUnavailable("only on Linux, not on " + system);
    }
    String machine = System.getProperty("os.arch", "unknown");
    if (!machine.equals("amd64") && !machine.equals("aarch64")) {
      throw new EngineUnavailable("system calls of this machine (" + machine + ") are not known");
    }
  }

  /** Kernels want real addresses, and each of their calls is a foreign one. */
  private static void requireNativeAccess() {
    if (!Memory.isAbsolute()) {
      Module module = Engines.class.getModule();
      throw new EngineUnavailable(
          "native access is denied, allow it by java --enable-native-access="
              + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
    }
  }

  private static String rootMessage(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  private static UringOptions uring(EngineOptions options) {
    return UringOptions.fromSystemProperties().within(options);
  }
}
