package gyre.engine.kernel;

import gyre.engine.WatchCalls;
import gyre.sys.CallState;
import gyre.sys.LinuxInotify;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Watches directories by inotify. On helper threads: it may allocate. */
final class KernelWatches implements WatchCalls {
  private static final Path SETTINGS = Path.of("/proc/sys");
  private static final int SETTING_BYTES = 64;

  /** Of everybody, and of this user in his namespace: whichever is lower counts. */
  private static final String[] LIMITS = {
    "fs/inotify/max_user_instances",
    "fs/inotify/max_user_watches",
    "user/max_inotify_instances",
    "user/max_inotify_watches",
  };

  @Override
  public int open() {
    try (Arena arena = Arena.ofConfined()) {
      return LinuxInotify.open(new CallState(arena), 0);
    }
  }

  @Override
  public int add(int descriptor, byte[] path, int mask) {
    int result = KernelFiles.checkPath(path);
    if (result < 0) {
      return result;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(path.length + 1L);
      KernelFiles.putPath(path, text.address());
      return LinuxInotify.add(new CallState(arena), descriptor, text.address(), mask);
    }
  }

  @Override
  public int remove(int descriptor, int watch) {
    try (Arena arena = Arena.ofConfined()) {
      return LinuxInotify.remove(new CallState(arena), descriptor, watch);
    }
  }

  @Override
  public String limits() {
    StringBuilder text = new StringBuilder();
    for (String limit : LIMITS) {
      try {
        String value = read(SETTINGS.resolve(limit));
        text.append(text.isEmpty() ? "" : ", ");
        text.append(limit.replace('/', '.')).append(" is ").append(value);
      } catch (IOException unknown) {
        // This kernel has no such limit, or does not tell.
      }
    }
    return text.toString();
  }

  /**
   * By one read with room for all of it: a second one is told that there is no more. {@code
   * Files.readString} begins with a single byte where a file claims to be empty, as these do.
   */
  private static String read(Path setting) throws IOException {
    try (InputStream in = Files.newInputStream(setting)) {
      return new String(in.readNBytes(SETTING_BYTES), StandardCharsets.US_ASCII).strip();
    }
  }
}
