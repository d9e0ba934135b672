package gyre.sim.real;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Sockets, rings and the like that this process has open. Files come and go with classes. */
final class Descriptors {
  private static final Path ALL = Path.of("/proc/self/fd");
  private static final int LOOKS = 200;
  private static final long BETWEEN_LOOKS_NANOS = 5_000_000;

  private Descriptors() {}

  /** How many; 0 where the system does not tell. */
  static long open() {
    if (!Files.isDirectory(ALL)) {
      return 0;
    }
    long count = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(ALL)) {
      for (Path one : all) {
        count += isOfKernel(one) ? 1 : 0;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return count;
  }

  /** What they are, for those who find one too many. */
  static List<String> list() {
    List<String> list = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(ALL)) {
      for (Path one : all) {
        if (isOfKernel(one)) {
          list.add(one.getFileName() + " " + Files.readSymbolicLink(one));
        }
      }
    } catch (IOException e) {
      list.add(e.toString());
    }
    return list;
  }

  private static boolean isOfKernel(Path descriptor) {
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.startsWith("socket:") || target.startsWith("anon_inode:");
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  /** Whether there are no more than before, soon: the kernel takes a moment to let go of a ring. */
  static boolean settle(long before) {
    for (int i = 0; i < LOOKS && open() > before; i++) {
      LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
    }
    return open() <= before;
  }
}
