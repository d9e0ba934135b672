package gyre.insight;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What the kernel does to listeners of a process.
 *
 * @param backlogLimit to which a backlog is cut, as {@code net.core.somaxconn} says
 * @param overflows connections that came while an accept queue was full, of all programs of the
 *     process's network namespace
 * @param queues those that wait in the accept queues of the process; empty where nobody looked,
 *     since the kernel lists all sockets to tell
 */
record Listening(OptionalLong backlogLimit, OptionalLong overflows, List<Long> queues) {
  static final Listening UNKNOWN =
      new Listening(OptionalLong.empty(), OptionalLong.empty(), List.of());

  private static final String LISTENS = "0A";
  private static final int FIELDS = 10;
  private static final int HEX = 16;

  Listening {
    queues = List.copyOf(queues);
  }

  /** Now; looks into the queues only where something has overflowed since {@code before}. */
  static Listening of(Machine machine, long pid, Listening before) {
    OptionalLong overflows = overflows(machine, pid);
    boolean hasOverflowed =
        overflows.isPresent()
            && before.overflows.isPresent()
            && overflows.getAsLong() > before.overflows.getAsLong();
    return new Listening(
        machine.number("/proc/sys/net/core/somaxconn"),
        overflows,
        hasOverflowed ? queues(machine, pid) : List.of());
  }

  long overflowsSince(Listening before) {
    return overflows.isPresent() && before.overflows.isPresent()
        ? overflows.getAsLong() - before.overflows.getAsLong()
        : 0;
  }

  /** Names stand in one line of the file, and their values in the next. */
  private static OptionalLong overflows(Machine machine, long pid) {
    List<String> lines = machine.text("/proc/" + pid + "/net/netstat").orElse("").lines().toList();
    for (int i = 0; i + 1 < lines.size(); i++) {
      List<String> names = List.of(lines.get(i).split(" ", -1));
      String[] values = lines.get(i + 1).split(" ", -1);
      int at = names.indexOf("ListenOverflows");
      if (at > 0 && at < values.length && values[at].matches("[0-9]{1,18}")) {
        return OptionalLong.of(Long.parseLong(values[at]));
      }
    }
    return OptionalLong.empty();
  }

  private static List<Long> queues(Machine machine, long pid) {
    Set<String> own = sockets(machine, pid);
    List<Long> queues = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6")) {
      String text = machine.text("/proc/" + pid + "/net/" + table).orElse("");
      for (String line : text.lines().toList()) {
        String[] fields = line.strip().split("\\s+", -1);
        if (fields.length >= FIELDS && fields[3].equals(LISTENS) && own.contains(fields[9])) {
          String[] sizes = fields[4].split(":", -1);
          queues.add(Long.parseLong(sizes[sizes.length - 1], HEX));
        }
      }
    }
    return queues;
  }

  /** The kernel's numbers of the sockets that a process has open. */
  private static Set<String> sockets(Machine machine, long pid) {
    Set<String> numbers = new HashSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(machine.descriptors(pid))) {
      for (Path file : files) {
        String name = target(file);
        if (name.startsWith("socket:[")) {
          numbers.add(name.substring("socket:[".length(), name.length() - 1));
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      return numbers; // another user's, or it has ended
    }
    return numbers;
  }

  private static String target(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) {
      return ""; // closed in this moment
    }
  }
}
