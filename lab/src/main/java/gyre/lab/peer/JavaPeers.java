package gyre.lab.peer;

import gyre.lab.Home;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The peers that run on a JVM, Gyre's own included: all of them in {@code lab/peers/java}, a module
 * that nothing depends on, so that what they need is never shipped.
 */
public final class JavaPeers {
  private static final String MAIN = "gyre.lab.program.Main";

  /** One event loop on one core needs no parallel collector; the rest is what each documents. */
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-Xms64m",
          "-Xmx1g",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--enable-native-access=ALL-UNNAMED");

  /** Where programs find the native peers, one of which a proxy passes everything on to. */
  public static final String NATIVE_PEERS = "gyre.lab.peers";

  private static final List<String> NETTY_FLAGS =
      List.of(
          "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
          "-Dio.netty.tryReflectionSetAccessible=true",
          "-Dio.netty.leakDetection.level=disabled",
          "--sun-misc-unsafe-memory-access=allow");

  private static final List<String> VIRTUAL_THREAD_FLAGS =
      List.of(
          "-Djdk.virtualThreadScheduler.parallelism=1",
          "-Djdk.virtualThreadScheduler.maxPoolSize=1");

  /** Whose versions are told, by what the names of its peers begin with: title and property. */
  private static final Map<String, List<String>> LIBRARIES =
      Map.of(
          "netty", List.of("Netty", "netty.version"),
          "kotlin", List.of("kotlinx.coroutines", "kotlinx-coroutines.version"));

  private JavaPeers() {}

  /** The peers of one work tree. */
  public static List<Peer> of(Home home) {
    return List.of(
        peer(
            home,
            "gyre-push",
            List.of(),
            "echo",
            "http",
            "websocket",
            "proxy",
            "events",
            "cascade",
            "timers",
            "wake",
            "codecs"),
        peer(
            home,
            "gyre-direct",
            List.of(),
            "echo",
            "http",
            "files",
            "watch",
            "spawn",
            "channels",
            "locks"),
        peer(home, "netty-uring", NETTY_FLAGS, "echo", "http", "websocket", "timers", "wake"),
        peer(home, "netty-epoll", NETTY_FLAGS, "echo", "http", "websocket", "timers", "wake"),
        peer(
            home,
            "netty-nio",
            NETTY_FLAGS,
            "echo",
            "http",
            "websocket",
            "timers",
            "wake",
            "codecs"),
        peer(
            home,
            "nio",
            List.of(),
            "echo",
            "events",
            "cascade",
            "wake",
            "files",
            "spawn",
            "channels"),
        peer(home, "vthreads", VIRTUAL_THREAD_FLAGS, "echo", "channels", "locks"),
        peer(home, "kotlin", List.of(), "channels", "locks"),
        control(home, "control-same", List.of()),
        control(home, "control-blind", List.of("-Dgyre.insight=false")));
  }

  /** Gyre once more, so that a race tells what a flag changes beside what it tells of equals. */
  private static Peer control(Home home, String name, List<String> flags) {
    return peer(home, "gyre-push", flags, "echo", "http", "websocket").named(name);
  }

  /** The command of a program that is not raced; its options follow. */
  public static List<String> command(Home home, String name, String mode) {
    List<String> command = new ArrayList<>(peer(home, name, List.of(), mode).command());
    command.add(mode);
    return List.copyOf(command);
  }

  private static Peer peer(Home home, String name, List<String> flags, String... modes) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(flags);
    command.add("-D" + NATIVE_PEERS + "=" + home.root().resolve("lab/target/peers"));
    command.add("-cp");
    command.add(classPath(home));
    command.add(MAIN);
    command.add(name);
    String version = "JDK " + Runtime.version();
    List<String> library = LIBRARIES.get(name.split("-", 2)[0]);
    if (library != null) {
      version = library.get(0) + " " + version(home, library.get(1)) + ", " + version;
    }
    return new Peer(name, Peer.Platform.JVM, command, List.of(modes), version, "");
  }

  /** As the module is built with: peers are listed before there is a jar to ask. */
  private static String version(Home home, String property) {
    Pattern pattern = Pattern.compile("<" + Pattern.quote(property) + ">([^<]+)<");
    try {
      Matcher version = pattern.matcher(Files.readString(home.javaPeers().resolve("pom.xml")));
      return version.find() ? version.group(1) : "unknown";
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String classPath(Home home) {
    Path target = home.javaPeers().resolve("target");
    Stream<Path> ours =
        Stream.of("core", "http", "insight", "balancer")
            .map(module -> home.root().resolve(module).resolve("target/classes"));
    Stream<Path> all =
        Stream.of(Stream.of(target.resolve("classes")), ours, Stream.of(target.resolve("lib/*")))
            .flatMap(part -> part);
    return all.map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }
}
