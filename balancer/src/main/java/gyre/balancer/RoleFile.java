package gyre.balancer;

import gyre.CancelledException;
import gyre.Fiber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * The role of a passive balancer, for when it is started again: a word, and the {@link Instance} of
 * the machine that it was written in. What a program had taken is gone when the machine was started
 * again, so the role of another instance counts for nothing.
 */
final class RoleFile {
  /**
   * What tells a machine, or a container, from the same one after a restart.
   *
   * @param boot of the kernel; a container has that of its host
   * @param network the namespace that addresses are taken in. Its number may be given again when it
   *     is gone, or be the host's
   * @param first the first process: its namespace, and when it was started
   */
  record Instance(String boot, String network, String first) {
    private static final String UNKNOWN = "unknown";

    /** Of a kernel that does not tell, all is the same. */
    static Instance read(Path proc) throws IOException {
      Path boot = proc.resolve("sys/kernel/random/boot_id");
      return new Instance(
          Files.exists(boot) ? word(Files.readString(boot)) : UNKNOWN,
          link(proc.resolve("self/ns/net")),
          link(proc.resolve("self/ns/pid")) + "@" + startOf(proc.resolve("1/stat")));
    }

    private static String link(Path path) {
      try {
        return word(Files.readSymbolicLink(path).toString());
      } catch (IOException | UnsupportedOperationException e) {
        return UNKNOWN;
      }
    }

    /** The 22nd field; the second is a name in brackets, which may have anything in it. */
    private static String startOf(Path stat) {
      try {
        String text = Files.readString(stat);
        String[] fields = text.substring(text.lastIndexOf(')') + 1).trim().split(" ", -1);
        return fields.length > 19 ? word(fields[19]) : UNKNOWN;
      } catch (IOException e) {
        return UNKNOWN; // the kernel may hide others' processes
      }
    }

    private static String word(String text) {
      return text.trim().replaceAll("\\s+", "-");
    }

    boolean hasSamePlace(Instance other) {
      return boot.equals(other.boot) && network.equals(other.network);
    }

    @Override
    public String toString() {
      return boot + " " + network + " " + first;
    }
  }

  private final Path file;
  private final Path proc;

  RoleFile(Path file) {
    this(file, Path.of("/proc"));
  }

  RoleFile(Path file, Path proc) {
    this.file = file;
    this.proc = proc;
  }

  /**
   * Passive where there is no such file; null if it can't be read, or is another one. In a fiber.
   */
  Standby.@Nullable Role read() {
    try {
      String text = Fiber.offload(() -> Files.exists(file) ? Files.readString(file).trim() : "");
      Instance here = Fiber.offload(() -> Instance.read(proc));
      return text.isEmpty() ? Standby.Role.PASSIVE : roleOf(text.split(" ", -1), here);
    } catch (CancelledException e) {
      throw e;
    } catch (Exception e) {
      return null;
    }
  }

  /**
   * Where the network is the same, and the first process is another one, it is a container that was
   * made anew: in the network of its host, which has what was taken, or in one of its own that was
   * given the same number. So it may have been taken.
   */
  private static Standby.@Nullable Role roleOf(String[] words, Instance here) {
    if (words.length != 4) {
      return null;
    }
    Standby.Role role = Standby.Role.valueOf(words[0]);
    Instance there = new Instance(words[1], words[2], words[3]);
    if (here.equals(there)) {
      return role;
    }
    return role == Standby.Role.PASSIVE || !here.hasSamePlace(there)
        ? Standby.Role.PASSIVE
        : Standby.Role.TAKING;
  }

  /** Whole or not at all. In a fiber. Null if it is written, else why not. */
  @Nullable String write(Standby.Role role) {
    try {
      Path ignored =
          Fiber.offload(() -> {
            Path next = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(next, role + " " + Instance.read(proc) + "\n");
            return Files.move(
                next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
          });
      return null;
    } catch (CancelledException e) {
      throw e;
    } catch (Exception e) {
      return e.toString();
    }
  }
}
