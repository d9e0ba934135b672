package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileFlags;
import gyre.engine.FileStatus;
import gyre.engine.WatchCalls;
import gyre.sys.Memory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The open files of a program, on the disk of its machine. */
final class SimFiles implements FileCalls {
  private static final int MOST_BYTES = 1 << 26;

  private static final class OpenedFile {
    final Disk.Node node;
    final int flags;
    long position;

    OpenedFile(Disk.Node node, int flags) {
      this.node = node;
      this.flags = flags;
    }

    boolean isReadable() {
      return (flags & FileFlags.O_ACCESS_MODE) != FileFlags.O_WRONLY;
    }

    boolean isWritable() {
      return (flags & FileFlags.O_ACCESS_MODE) != FileFlags.O_RDONLY;
    }
  }

  private final SimEngine engine;
  private final Map<Integer, OpenedFile> files = new HashMap<>();
  private final WatchCalls watches = new SimWatches(this);

  SimFiles(SimEngine engine) {
    this.engine = engine;
  }

  Disk disk() {
    return engine.machine().disk();
  }

  long nowNanos() {
    Instant now = engine.machine().instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  /** Where relative paths start; null if that is no open directory. */
  private Disk.@Nullable Node start(int directory) {
    if (directory == WORKING_DIRECTORY) {
      return disk().root();
    }
    OpenedFile file = files.get(directory);
    return file == null ? null : file.node;
  }

  private static String text(byte[] path) {
    return new String(path, StandardCharsets.UTF_8);
  }

  @Override
  public int open(int directory, byte[] path, int flags, int mode) {
    Disk.Node from = start(directory);
    if (from == null) {
      return Errno.EBADF.negated();
    }
    if (path.length == 0) {
      return Errno.ENOENT.negated();
    }
    String text = text(path);
    Disk.Node node = disk().find(from, text);
    boolean isWriting = (flags & FileFlags.O_ACCESS_MODE) != FileFlags.O_RDONLY;
    if (node == null) {
      Disk.Node parent = disk().parent(from, text);
      if ((flags & FileFlags.O_CREAT) == 0 || parent == null) {
        return Errno.ENOENT.negated();
      }
      node = disk().create(false, mode, nowNanos());
      parent.children.put(Disk.name(text), node);
    } else if ((flags & FileFlags.O_CREAT) != 0 && (flags & FileFlags.O_EXCL) != 0) {
      return Errno.EEXIST.negated();
    } else if (node.isDirectory && isWriting) {
      return Errno.EISDIR.negated();
    } else if (!node.isDirectory && (flags & FileFlags.O_DIRECTORY) == FileFlags.O_DIRECTORY) {
      return Errno.ENOTDIR.negated();
    } else if (isWriting && (flags & FileFlags.O_TRUNC) != 0) {
      node.truncate();
    }
    int descriptor = engine.takeDescriptor();
    if (descriptor >= 0) {
      files.put(descriptor, new OpenedFile(node, flags));
    }
    return descriptor;
  }

  @Override
  public int read(int descriptor, long address, int length, long offset) {
    OpenedFile file = files.get(descriptor);
    if (file == null || !file.isReadable()) {
      return Errno.EBADF.negated();
    }
    if (file.node.isDirectory) {
      return Errno.EISDIR.negated();
    }
    byte[] bytes = new byte[length];
    int count = file.node.read(offset == AT_POSITION ? file.position : offset, bytes, length);
    Memory.copy(bytes, 0, address, count);
    if (offset == AT_POSITION) {
      file.position += count;
    }
    return count;
  }

  @Override
  public int write(int descriptor, long address, int length, long offset) {
    OpenedFile file = files.get(descriptor);
    if (file == null || !file.isWritable()) {
      return Errno.EBADF.negated();
    }
    boolean isAppending = (file.flags & FileFlags.O_APPEND) != 0;
    long at = isAppending ? file.node.size() : offset == AT_POSITION ? file.position : offset;
    if (at + length > MOST_BYTES) {
      return Errno.ENOSPC.negated();
    }
    byte[] bytes = new byte[length];
    Memory.copy(address, bytes, 0, length);
    file.node.write(at, bytes, length);
    file.node.modifiedNanos = nowNanos();
    file.node.changedNanos = nowNanos();
    if (offset == AT_POSITION) {
      file.position = at + length;
    }
    return length;
  }

  @Override
  public WatchCalls watches() {
    return watches;
  }

  @Override
  public int sync(int descriptor, boolean dataOnly) {
    OpenedFile file = files.get(descriptor);
    if (file == null) {
      return Errno.EBADF.negated();
    }
    file.node.sync();
    return 0;
  }

  @Override
  public int close(int descriptor) {
    if (files.remove(descriptor) == null) {
      return Errno.EBADF.negated();
    }
    engine.giveDescriptor(descriptor);
    return 0;
  }

  @Override
  public int stat(int directory, byte[] path, boolean isLinkItself, FileStatus into) {
    Disk.Node from = start(directory);
    if (from == null) {
      return Errno.EBADF.negated();
    }
    Disk.Node node = path.length == 0 ? from : disk().find(from, text(path));
    if (node == null) {
      return Errno.ENOENT.negated();
    }
    node.fill(into);
    return 0;
  }

  /** What a program should have closed; empty if there is nothing. */
  String leftBehind() {
    return files.isEmpty() ? "" : files.size() + " open files";
  }
}
