package gyre.lab;

import gyre.lab.peer.JavaPeers;
import gyre.lab.peer.NativePeers;
import gyre.lab.peer.Peer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Builds what is raced, where it is not built yet or its sources have changed since. */
final class Workshop {
  /** How shells tell of SIGINT and SIGTERM. */
  private static final Set<Integer> INTERRUPTED = Set.of(130, 143);

  private static final List<String> JAVA_SOURCES =
      List.of("core/src/main", "lab/peers/java/src", "lab/peers/java/pom.xml");

  private static final List<String> NATIVE_SOURCES =
      Stream.of(
              "build",
              "common",
              "gen",
              "c-uring",
              "c-epoll",
              "libuv",
              "libevent",
              "asio",
              "tokio",
              "mio")
          .map(name -> "lab/peers/" + name)
          .toList();

  private static final List<String> GATE_SOURCES =
      List.of("lab/peers/build", "lab/peers/common", "lab/peers/gen", "lab/peers/c-uring");

  private final Home home;
  private final PrintStream out;

  Workshop(Home home, PrintStream out) {
    this.home = home;
    this.out = out;
  }

  /** Generator and native peers, built where a source is newer than the last time. */
  NativePeers natives() {
    Path status = home.builtPeers().resolve("status.json");
    if (isStale(status, NATIVE_SOURCES)) {
      out.println("building the peers: lab/peers/build (with --yes it installs what they need)");
      int exit = Command.in(home.root(), out, List.of(home.peers().resolve("build").toString()));
      if (INTERRUPTED.contains(exit)) {
        throw new LabException("interrupted while the peers were built");
      }
      if (!Files.exists(status)) {
        return NativePeers.none("lab/peers/build failed with exit code " + exit);
      }
    }
    try {
      return NativePeers.parse(Files.readString(status));
    } catch (IOException e) {
      return NativePeers.none("status.json cannot be read: " + e.getMessage());
    }
  }

  /**
   * Generator and the program in C that gates compare with, and no other peer: for gates, and to
   * race what is built elsewhere. What another race would build is left as it was: it is still to
   * be built then.
   */
  NativePeers justTheGenerator() {
    Path status = home.builtPeers().resolve("status.json");
    Path stamp = home.builtPeers().resolve("gates.stamp");
    try {
      if (!Files.exists(status) || isStale(stamp, GATE_SOURCES)) {
        FileTime before =
            Files.exists(status) ? Files.getLastModifiedTime(status) : FileTime.fromMillis(0);
        out.println("building the load generator: lab/peers/build c-uring");
        int exit =
            Command.in(
                home.root(), out, List.of(home.peers().resolve("build").toString(), "c-uring"));
        if (!Files.exists(status)) {
          return NativePeers.none("lab/peers/build failed with exit code " + exit);
        }
        Files.setLastModifiedTime(status, before);
        touch(stamp);
      }
      return NativePeers.parse(Files.readString(status));
    } catch (IOException e) {
      return NativePeers.none("it cannot be built: " + e.getMessage());
    }
  }

  /** The peers on a JVM, compiled anew where a source is newer than the last time. */
  List<Peer> javaPeers() {
    List<Peer> peers = JavaPeers.of(home);
    Path stamp = home.javaPeers().resolve("target/lab.stamp");
    if (isStale(stamp, JAVA_SOURCES)) {
      out.println("compiling the Java peers");
      int exit = Command.in(home.root(), out, maven());
      if (exit != 0) {
        String reason = "does not compile: mvn -pl lab/peers/java -am process-classes says why";
        return peers.stream().map(peer -> Peer.absent(peer.name(), reason)).toList();
      }
      touch(stamp);
    }
    return peers;
  }

  private List<String> maven() {
    String launcher = home.root().resolve("gyre").toString();
    String maven = Command.answer(home.root(), List.of(launcher, "where", "maven")).orElse("mvn");
    return List.of(
        maven,
        "-q",
        "-B",
        "-Dstyle.color=never",
        "-pl",
        "lab/peers/java",
        "-am",
        "-Dspotless.check.skip",
        "process-classes");
  }

  private boolean isStale(Path stamp, List<String> sources) {
    try {
      FileTime built =
          Files.exists(stamp) ? Files.getLastModifiedTime(stamp) : FileTime.fromMillis(0);
      return newest(sources).filter(source -> source.compareTo(built) > 0).isPresent();
    } catch (IOException e) {
      return true;
    }
  }

  private Optional<FileTime> newest(List<String> folders) throws IOException {
    List<FileTime> times = new ArrayList<>();
    for (String folder : folders) {
      try (Stream<Path> files = Files.walk(home.root().resolve(folder))) {
        for (Path file : files.toList()) {
          times.add(Files.getLastModifiedTime(file));
        }
      }
    }
    return times.stream().max(Comparator.naturalOrder());
  }

  private static void touch(Path stamp) {
    try {
      Files.createDirectories(stamp.getParent());
      Files.writeString(stamp, "");
    } catch (IOException e) {
      // It will be compiled once more next time.
    }
  }

  /** Whether all tests pass, each within its time: a bad change can stop a loop for good. */
  boolean passesTests() {
    String launcher = home.root().resolve("gyre").toString();
    String limit = "-Dgyre.test.limitSeconds=300";
    return Command.in(home.root(), out, List.of(launcher, "test", "-q", limit)) == 0;
  }

  /** What the last commit says of itself. */
  String subject() {
    return Command.answer(home.root(), List.of("git", "log", "-1", "--format=%s")).orElse("");
  }

  /** What is measured: a commit, marked where the tree holds more than that. */
  String commit() {
    return Command.answer(
            home.root(), List.of("git", "describe", "--always", "--dirty", "--abbrev=12"))
        .orElse("unknown");
  }
}
