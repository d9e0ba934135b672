package gyre.lab.gates;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Who listens where on this machine, by {@code /proc}. */
final class Listeners {
  private static final String LISTENING = "0A";
  private static final int FIELDS = 10;
  private static final int V4_DIGITS = 8;

  /** How IPv4 addresses begin where they stand as IPv6: four bytes of a word in reverse. */
  private static final String MAPPED = "0000000000000000FFFF0000";

  /**
   * A socket that listens.
   *
   * @param hosts where it may be reached, the first to be tried first: of one that listens on all
   *     addresses those of loopback
   */
  record Listener(List<String> hosts, int port, String inode) {
    Listener {
      hosts = List.copyOf(hosts);
    }
  }

  private Listeners() {}

  /** Of a process, by port. */
  static List<Listener> of(long pid) {
    Set<String> inodes = inodes(pid);
    return all("/proc/" + pid + "/net/").stream()
        .filter(each -> inodes.contains(each.inode()))
        .sorted(java.util.Comparator.comparingInt(Listener::port))
        .toList();
  }

  /** The processes that listen there; none where that is another machine, or may not be seen. */
  static List<Long> processes(InetSocketAddress address) {
    if (!isLocal(address.getAddress())) {
      return List.of();
    }
    Set<String> inodes = new HashSet<>();
    for (Listener each : all("/proc/net/")) {
      if (each.port() == address.getPort()) {
        inodes.add(each.inode());
      }
    }
    Set<Long> found = new TreeSet<>();
    if (inodes.isEmpty()) {
      return List.of();
    }
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path folder : folders) {
        long pid = Long.parseLong(String.valueOf(folder.getFileName()));
        if (inodes(pid).stream().anyMatch(inodes::contains)) {
          found.add(pid);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return List.of();
    }
    return List.copyOf(found);
  }

  private static boolean isLocal(InetAddress address) {
    try {
      return address.isLoopbackAddress()
          || java.net.NetworkInterface.getByInetAddress(address) != null;
    } catch (java.net.SocketException e) {
      return false;
    }
  }

  private static Set<String> inodes(long pid) {
    Set<String> inodes = new HashSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path file : files) {
        String target = target(file);
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return inodes; // another user's, or it has ended
    }
    return inodes;
  }

  private static String target(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) {
      return ""; // closed in this moment
    }
  }

  private static List<Listener> all(String folder) {
    List<Listener> found = new ArrayList<>();
    for (String file : List.of("tcp", "tcp6")) {
      try {
        found.addAll(parse(Files.readAllLines(Path.of(folder + file))));
      } catch (IOException e) {
        // A system without IPv6 has no second file.
      }
    }
    return found;
  }

  static List<Listener> parse(List<String> lines) {
    List<Listener> found = new ArrayList<>();
    for (String line : lines) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length >= FIELDS && fields[3].equals(LISTENING)) {
        String[] local = fields[1].split(":", -1);
        found.add(new Listener(hosts(local[0]), Integer.parseInt(local[1], 16), fields[9]));
      }
    }
    return found;
  }

  /** One that listens on all addresses of IPv6 takes those of IPv4 too, unless told not to. */
  private static List<String> hosts(String digits) {
    boolean isV4 = digits.length() == V4_DIGITS || digits.startsWith(MAPPED);
    if (digits.matches("0+")) {
      return isV4 ? List.of("127.0.0.1") : List.of("127.0.0.1", "::1");
    }
    return List.of(isV4 ? v4(digits.substring(digits.length() - V4_DIGITS)) : v6(digits));
  }

  /** Bytes of a word in reverse. */
  private static String v4(String word) {
    List<String> parts = new ArrayList<>();
    for (int i = V4_DIGITS - 2; i >= 0; i -= 2) {
      parts.add(Integer.toString(Integer.parseInt(word.substring(i, i + 2), 16)));
    }
    return String.join(".", parts);
  }

  private static String v6(String digits) {
    byte[] bytes = new byte[digits.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      int from = (i / 4 * 4 + 3 - i % 4) * 2;
      bytes[i] = (byte) Integer.parseInt(digits.substring(from, from + 2), 16);
    }
    try {
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (java.net.UnknownHostException e) {
      throw new IllegalArgumentException(digits + " is no address", e);
    }
  }
}
