package gyre.lab.peer;

import gyre.lab.WrongInputException;
import java.util.ArrayList;
import java.util.List;

/** Every peer there is, in the order of tables: ours, the limit, then the others by language. */
public record Roster(List<Peer> peers) {
  private static final List<String> ORDER =
      List.of(
          "gyre-push",
          "gyre-direct",
          "c-uring",
          "c-epoll",
          "libuv",
          "libevent",
          "asio",
          "tokio",
          "mio",
          "nginx",
          "haproxy",
          "netty-uring",
          "netty-epoll",
          "netty-nio",
          "nio",
          "vthreads",
          "kotlin",
          "control-same",
          "control-blind");

  /** What a name begins with that takes part only where it is named. */
  private static final String CONTROL = "control";

  /** Of all of them. */
  public static List<String> names() {
    return ORDER;
  }

  /** Fails where a name is none, before anything is built for it. */
  public static void check(List<String> names) {
    for (String name : names) {
      if (ORDER.stream().noneMatch(known -> matches(known, name))) {
        throw new WrongInputException(
            "no peer '%s'; there are: %s".formatted(name, String.join(", ", ORDER)));
      }
    }
  }

  /** Those known, each present or absent with its reason, and any that came later. */
  public static Roster of(NativePeers built, List<Peer> java) {
    List<Peer> found = new ArrayList<>(java);
    found.addAll(built.peers());
    List<Peer> peers = new ArrayList<>();
    for (String name : ORDER) {
      peers.add(take(found, name, built.generatorReason()));
    }
    peers.addAll(found);
    return new Roster(List.copyOf(peers));
  }

  private static Peer take(List<Peer> found, String name, String reason) {
    for (Peer peer : found) {
      if (peer.name().equals(name)) {
        found.remove(peer);
        return peer;
      }
    }
    return Peer.absent(name, reason);
  }

  /** Those named, in this order; all but the controls where nothing is named. */
  public List<Peer> select(List<String> names) {
    check(names);
    return peers.stream()
        .filter(peer ->
            names.isEmpty()
                ? !matches(peer.name(), CONTROL)
                : names.stream().anyMatch(name -> matches(peer.name(), name)))
        .toList();
  }

  /** The one with exactly this name. */
  public Peer named(String name) {
    return select(List.of(name)).stream()
        .filter(peer -> peer.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new WrongInputException("'" + name + "' is several peers: name one"));
  }

  private static boolean matches(String peer, String name) {
    return peer.equals(name) || peer.startsWith(name + "-");
  }
}
