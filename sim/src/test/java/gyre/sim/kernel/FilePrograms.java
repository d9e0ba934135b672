package gyre.sim.kernel;

import gyre.engine.FileFlags;
import gyre.engine.NameCalls;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxNames;
import gyre.sys.Memory;
import gyre.sys.Uring;
import java.util.ArrayList;
import java.util.List;

/** Files by the entries of a ring: what the kernel answered, one line each. */
final class FilePrograms implements AutoCloseable {
  private static final int HERE = -100;
  private static final int TRIES = 1_000;
  private static final String FOLDER = "/tmp/gyre-kernel-programs-" + ProcessHandle.current().pid();

  private final CallState calls;
  private final RawRing ring;
  private final List<String> told = new ArrayList<>();

  private FilePrograms(CallState calls) {
    this.calls = calls;
    this.ring = new RawRing(calls, 0);
  }

  @Override
  public void close() {
    ring.close();
  }

  static List<String> content(CallState calls) {
    try (FilePrograms run = new FilePrograms(calls)) {
      run.tell("folder", run.make(FOLDER));
      run.tell("the same again", run.make(FOLDER));
      run.tell("missing", run.open("a", FileFlags.O_RDONLY));
      int file = run.open("a", FileFlags.O_RDWR | FileFlags.O_CREAT | FileFlags.O_EXCL);
      run.tell("made", Math.min(file, 0));
      run.tell("made again", run.open("a", FileFlags.O_CREAT | FileFlags.O_EXCL));
      run.content(file);
      run.tell("close", run.run(Uring.OP_CLOSE, file, 0, 0, 0, 0));
      run.tell("close again", run.run(Uring.OP_CLOSE, file, 0, 0, 0, 0));
      run.tell("of nobody", run.run(Uring.OP_READ, file, 0, run.calls.allocate(8), 8, 0));
      int reader = run.open("a", FileFlags.O_RDONLY);
      run.tell("only read", run.run(Uring.OP_WRITE, reader, 0, run.path("x"), 1, 0));
      run.tell("close", run.run(Uring.OP_CLOSE, reader, 0, 0, 0, 0));
      run.tell("remove", run.remove("a", 0));
      run.tell("remove folder", run.remove("", NameCalls.REMOVE_DIRECTORY));
      return run.told;
    }
  }

  private void content(int file) {
    long memory = calls.allocate(64);
    Memory.putString(memory, "hello");
    tell("write", run(Uring.OP_WRITE, file, 0, memory, 5, 0));
    tell("beyond the end", run(Uring.OP_WRITE, file, 10, memory, 3, 0));
    int count = run(Uring.OP_READ, file, 0, memory, 64, 0);
    byte[] bytes = new byte[Math.max(0, count)];
    Memory.copy(memory, bytes, 0, bytes.length);
    told.add("read " + java.util.Arrays.toString(bytes));
    tell("at the end", run(Uring.OP_READ, file, 13, memory, 64, 0));
    tell("sync", run(Uring.OP_FSYNC, file, 0, 0, 0, Uring.FSYNC_DATASYNC));
    tellStatus("a");
    tell("keep room", run(Uring.OP_FALLOCATE, file, 0, 4096, LinuxNames.FALLOC_FL_KEEP_SIZE, 0));
    tellStatus("a");
    tell("truncate", run(Uring.OP_FTRUNCATE, file, 4, 0, 0, 0));
    tellStatus("a");
  }

  static List<String> names(CallState calls) {
    try (FilePrograms run = new FilePrograms(calls)) {
      run.tell("folder", run.make(FOLDER));
      int file = run.open("a", FileFlags.O_RDWR | FileFlags.O_CREAT);
      run.tell("close", run.run(Uring.OP_CLOSE, file, 0, 0, 0, 0));
      run.tell("rename", run.twoPaths(Uring.OP_RENAMEAT, "a", "b"));
      run.tell("what has gone", run.twoPaths(Uring.OP_RENAMEAT, "a", "c"));
      run.tell("link", run.twoPaths(Uring.OP_LINKAT, "b", "c"));
      run.tell("taken", run.twoPaths(Uring.OP_LINKAT, "b", "c"));
      run.tellStatus("b");
      run.tell("symlink", run.run(Uring.OP_SYMLINKAT, HERE, run.path("d"), run.text("b"), 0, 0));
      run.tellStatus("d");
      run.below();
      run.tell("as a folder", run.remove("b", NameCalls.REMOVE_DIRECTORY));
      run.tell("not empty", run.remove("", NameCalls.REMOVE_DIRECTORY));
      for (String name : List.of("b", "c", "d")) {
        run.tell("remove", run.remove(name, 0));
      }
      run.tell("gone", run.remove("b", 0));
      run.tell("remove folder", run.remove("", NameCalls.REMOVE_DIRECTORY));
      return run.told;
    }
  }

  private void below() {
    int folder = open("", FileFlags.O_RDONLY | FileFlags.O_DIRECTORY);
    tell("folder opened", Math.min(folder, 0));
    for (String name : List.of("b", "d", "../x", "/etc")) {
      long how = calls.allocate(LinuxNames.OPEN_HOW_BYTES);
      LinuxNames.putOpenHow(how, LinuxFiles.O_CLOEXEC, 0, LinuxNames.RESOLVE_BENEATH);
      int found = run(Uring.OP_OPENAT2, folder, how, text(name), LinuxNames.OPEN_HOW_BYTES, 0);
      tell("below " + name, Math.min(found, 0));
      int ignored = found < 0 ? 0 : run(Uring.OP_CLOSE, found, 0, 0, 0, 0);
    }
    tell("close", run(Uring.OP_CLOSE, folder, 0, 0, 0, 0));
  }

  private void tell(String what, int result) {
    told.add(what + " " + result);
  }

  private void tellStatus(String name) {
    long status = calls.allocate(LinuxFiles.STATX_BYTES);
    int result = run(Uring.OP_STATX, HERE, status, path(name), LinuxFiles.STATX_BASIC_STATS, 0);
    told.add(
        "status %d: %o, %d bytes, %d links"
            .formatted(
                result,
                LinuxFiles.statxMode(status) & 0170000,
                LinuxFiles.statxSizeBytes(status),
                LinuxFiles.statxLinks(status)));
  }

  private long text(String text) {
    long memory = calls.allocate(256);
    Memory.fill(memory, 256, (byte) 0);
    Memory.putString(memory, text);
    return memory;
  }

  private long path(String name) {
    return text(name.isEmpty() ? FOLDER : FOLDER + "/" + name);
  }

  private int make(String folder) {
    return run(Uring.OP_MKDIRAT, HERE, 0, text(folder), 0700, 0);
  }

  private int open(String name, int flags) {
    return run(Uring.OP_OPENAT, HERE, 0, path(name), 0600, flags | LinuxFiles.O_CLOEXEC);
  }

  private int remove(String name, int flags) {
    return run(Uring.OP_UNLINKAT, HERE, 0, path(name), 0, flags);
  }

  private int twoPaths(int operation, String from, String to) {
    return run(operation, HERE, path(to), path(from), HERE, 0);
  }

  private int run(int operation, int fd, long offset, long address, int length, int flags) {
    ring.add(operation, 0, 0, fd, offset, address, length, flags, 1);
    List<String> answers = ring.enterAndTake(1);
    for (int tries = 0; answers.isEmpty() && tries < TRIES; tries++) {
      answers = ring.enterAndTake(1); // a device may take its time
    }
    return Integer.parseInt(answers.getFirst().split(" ", -1)[1]);
  }
}
