package gyre.balancer;

import gyre.CancelledException;
import gyre.Fiber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * The role of a passive balancer, for when it is started again: a word, and the boot of the machine
 * that it was written in. What a program had taken is gone when the machine was started again, so
 * the role of another boot counts for nothing.
 */
final class RoleFile {
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

  private final Path file;

  RoleFile(Path file) {
    this.file = file;
  }

  private static String boot() throws IOException {
    return Files.exists(BOOT) ? Files.readString(BOOT).trim() : "unknown";
  }

  /**
   * Passive where there is no such file; null if it can't be read, or is another one. In a fiber.
   */
  Standby.@Nullable Role read() {
    try {
      String text = Fiber.offload(() -> Files.exists(file) ? Files.readString(file).trim() : "");
      String[] words = text.split(" ", -1);
      boolean isOfThisBoot = words.length == 2 && words[1].equals(Fiber.offload(RoleFile::boot));
      return isOfThisBoot ? Standby.Role.valueOf(words[0]) : Standby.Role.PASSIVE;
    } catch (CancelledException e) {
      throw e;
    } catch (Exception e) {
      return null;
    }
  }

  /** Whole or not at all. In a fiber. Null if it is written, else why not. */
  @Nullable String write(Standby.Role role) {
    try {
      Path ignored =
          Fiber.offload(() -> {
            Path next = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(next, role + " " + boot() + "\n");
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
