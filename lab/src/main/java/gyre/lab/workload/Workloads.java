package gyre.lab.workload;

import gyre.lab.WrongInputException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/**
 * Every workload, each defined once. This file is not edited to make anything look better: a change
 * here makes all earlier figures incomparable, so workloads are added. One that turns out to
 * measure something else than it says is put right, and a decision tells what that did to figures.
 */
public final class Workloads {
  private static final List<String> ONE = List.of("");

  private static final List<Workload> ALL =
      List.of(
          echo(1, 64, 1),
          echo(50, 64, 1),
          echo(500, 64, 1),
          echo(1000, 1024, 1),
          echo(50, 64, 16),
          echo(50, 16384, 1),
          connect(50, 64),
          idle(10_000),
          http(50, "minimal", 1),
          http(500, "minimal", 1),
          http(50, "minimal", 16),
          http(50, "browser", 1),
          webSocket(50, 64, 1),
          webSocket(50, 64, 16),
          webSocket(50, 16384, 1),
          proxy("kept", Kind.PROXY, 50, 1024),
          proxy("bulk", Kind.PROXY, 8, 1 << 20),
          proxy("connect", Kind.PROXY_CONNECT, 50, 1024),
          proxy("idle", Kind.PROXY_IDLE, 4_000, 64),
          // Held twice: 9,500 pairs, which are 19,000 descriptors of the proxy.
          proxy("many", Kind.PROXY_IDLE, 4_750, 64),
          events(100, 1, 100, false),
          events(1000, 100, 100, false),
          events(9900, 990, 990, false),
          events(100, 1, 100, true),
          events(1000, 100, 100, true),
          events(9900, 990, 990, true),
          cascade(100),
          cascade(1000),
          timers("1k", 1_000),
          timers("1m", 1_000_000),
          wake("roundtrip"),
          wake("flood1", "--ops", 200_000),
          wake("floodN", "--ops", 200_000, "--producers", 4),
          files("stream64k", 32),
          files("stream1m", 4),
          files("random1", 200),
          files("random32", 640),
          files("replace", 4),
          watch(1000, 500),
          spawn(8),
          codecs("lines"),
          codecs("length"),
          channels("within", Kind.CHANNELS, 200_000),
          channels("between", Kind.CHANNELS_BETWEEN, 200_000),
          channels("select4", Kind.CHANNELS, 100_000),
          mutex(500_000));

  /** What a first look needs. */
  private static final List<String> QUICK =
      List.of("echo/50x64x1", "events/1000x100x100", "timers/1k", "wake/roundtrip");

  private Workloads() {}

  private static Workload echo(int connections, int bytes, int depth) {
    return new Workload(
        "echo/%dx%dx%d".formatted(connections, bytes, depth),
        Kind.ECHO,
        options("--connections", connections, "--bytes", bytes, "--depth", depth),
        ONE,
        connections);
  }

  private static Workload connect(int connections, int bytes) {
    return new Workload(
        "connect",
        Kind.CONNECT,
        options("--connections", connections, "--bytes", bytes),
        ONE,
        connections);
  }

  private static Workload http(int connections, String head, int depth) {
    return new Workload(
        "http/%dx%sx%d".formatted(connections, head, depth),
        Kind.HTTP,
        options("--connections", connections, "--head", head, "--depth", depth),
        ONE,
        connections);
  }

  private static Workload webSocket(int connections, int bytes, int depth) {
    return new Workload(
        "websocket/%dx%dx%d".formatted(connections, bytes, depth),
        Kind.WEBSOCKET,
        options("--connections", connections, "--bytes", bytes, "--depth", depth),
        ONE,
        connections);
  }

  /** Each connection takes two descriptors of the proxy. */
  private static Workload proxy(String label, Kind kind, int connections, int bytes) {
    return new Workload(
        "proxy/" + label,
        kind,
        options("--connections", connections, "--bytes", bytes),
        ONE,
        2 * connections);
  }

  private static Workload idle(int connections) {
    return new Workload(
        "idle/" + connections,
        Kind.IDLE,
        options("--connections", connections, "--bytes", 64),
        ONE,
        connections);
  }

  private static Workload events(int pairs, int active, int writes, boolean timeouts) {
    List<String> options = options("--pairs", pairs, "--active", active, "--writes", writes);
    if (timeouts) {
      options.add("--timeouts");
    }
    String name = "events/%dx%dx%d".formatted(pairs, active, writes);
    return new Workload(timeouts ? name + "-timeouts" : name, Kind.EVENTS, options, ONE, 2 * pairs);
  }

  private static Workload cascade(int pairs) {
    return new Workload(
        "cascade/" + pairs, Kind.CASCADE, options("--pairs", pairs), ONE, 2 * pairs);
  }

  private static Workload timers(String label, int alive) {
    return new Workload(
        "timers/" + label,
        Kind.TIMERS,
        options("--alive", alive, "--ops", 1000, "--passes", 10),
        List.of("start", "restart", "cancel", "fire"),
        0);
  }

  private static Workload wake(String variant, Object... more) {
    List<String> options = options("--variant", variant);
    options.addAll(options(more));
    return new Workload("wake/" + variant.toLowerCase(Locale.ROOT), Kind.WAKE, options, ONE, 0);
  }

  private static Workload files(String variant, int operations) {
    return new Workload(
        "files/" + variant, Kind.FILES, options("--variant", variant, "--ops", operations), ONE, 0);
  }

  private static Workload watch(int directories, int operations) {
    return new Workload(
        "watch/" + directories,
        Kind.WATCH,
        options("--dirs", directories, "--ops", operations),
        ONE,
        0);
  }

  private static Workload spawn(int atOnce) {
    return new Workload(
        "spawn/" + atOnce, Kind.SPAWN, options("--at-once", atOnce), ONE, 4 * atOnce);
  }

  private static Workload codecs(String variant) {
    return new Workload(
        "codecs/" + variant, Kind.CODECS, options("--variant", variant, "--passes", 10), ONE, 0);
  }

  private static Workload channels(String variant, Kind kind, int messages) {
    return new Workload(
        "channels/" + variant, kind, options("--variant", variant, "--ops", messages), ONE, 0);
  }

  private static Workload mutex(int times) {
    return new Workload(
        "locks/mutex", Kind.LOCKS, options("--variant", "mutex", "--ops", times), ONE, 0);
  }

  private static List<String> options(Object... words) {
    List<String> options = new ArrayList<>();
    for (Object word : words) {
      options.add(word.toString());
    }
    return options;
  }

  public static List<Workload> all() {
    return ALL;
  }

  public static List<Workload> quick() {
    return select(QUICK);
  }

  /**
   * The workloads named, in the order of definition. A name stands for itself or, as in {@code
   * echo} and {@code events/}, for everything that it begins.
   */
  public static List<Workload> select(List<String> names) {
    LinkedHashSet<Workload> chosen = new LinkedHashSet<>();
    for (String name : names) {
      List<Workload> matching = ALL.stream().filter(w -> matches(w.name(), name)).toList();
      if (matching.isEmpty()) {
        throw new WrongInputException(
            "no workload '%s'; there are: %s"
                .formatted(name, String.join(", ", ALL.stream().map(Workload::name).toList())));
      }
      chosen.addAll(matching);
    }
    return ALL.stream().filter(chosen::contains).toList();
  }

  private static boolean matches(String workload, String name) {
    String group = name.endsWith("/") ? name : name + "/";
    return workload.equals(name) || workload.startsWith(group);
  }
}
