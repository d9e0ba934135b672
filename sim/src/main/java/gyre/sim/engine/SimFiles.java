package gyre.sim.engine;

import gyre.engine.DirectoryEntries;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileFlags;
import gyre.engine.FileStatus;
import gyre.engine.WatchCalls;
import gyre.sim.fault.Fault;
import gyre.sys.Memory;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The open files of a program, on the disk of its machine. */
final class SimFiles extends SimNames implements FileCalls {
  private static final int MOST_BYTES = 1 << 26;

  private static final class OpenedFile {
    final DiskNode node;
    final int flags;
    long position;
    @Nullable ArrayDeque<DirectoryEntries.Entry> listing;

    OpenedFile(DiskNode node, int flags) {
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

  private final Universe universe;
  private final Map<Integer, OpenedFile> files = new HashMap<>();
  private final WatchCalls watches = new SimWatches(this);

  SimFiles(SimEngine engine, Universe universe) {
    super(engine);
    this.universe = universe;
  }

  @Override
  @Nullable DiskNode start(int directory) {
    if (directory == WORKING_DIRECTORY) {
      return disk().root();
    }
    OpenedFile file = files.get(directory);
    if (file != null) {
      return file.node;
    }
    return engine.find(directory) instanceof PipeEnd end ? end.node() : null;
  }

  @Override
  @Nullable ArrayDeque<DirectoryEntries.Entry> listing(int descriptor) {
    OpenedFile file = files.get(descriptor);
    if (file == null || !file.node.isDirectory()) {
      return null;
    }
    ArrayDeque<DirectoryEntries.Entry> known = file.listing;
    if (known == null) {
      known = new ArrayDeque<>();
      for (Map.Entry<String, DiskNode> child : file.node.children.entrySet()) {
        DiskNode node = child.getValue();
        known.add(new DirectoryEntries.Entry(bytes(child.getKey()), node.type, node.inode));
      }
      file.listing = known;
    }
    return known;
  }

  // ---- open and close

  @Override
  public int open(int directory, byte[] path, int flags, int mode) {
    return open(directory, path, flags, mode, false);
  }

  @Override
  public int openBelow(int directory, byte[] path, int flags, int mode) {
    return open(directory, path, flags, mode, true);
  }

  private int open(int directory, byte[] path, int flags, int mode, boolean isBelow) {
    boolean isExclusive = (flags & FileFlags.O_CREAT) != 0 && (flags & FileFlags.O_EXCL) != 0;
    boolean follows = (flags & FileFlags.O_NOFOLLOW) == 0 && !isExclusive;
    Disk.Place place = find(directory, path, follows, isBelow);
    if (place.error() < 0) {
      return place.error();
    }
    DiskNode node = place.node();
    boolean isWriting = (flags & FileFlags.O_ACCESS_MODE) != FileFlags.O_RDONLY;
    if ((flags & FileFlags.O_TMPFILE) == FileFlags.O_TMPFILE) {
      if (node == null) {
        return Errno.ENOENT.negated();
      }
      return install(disk().create(FileStatus.REGULAR, mode, nowNanos()), flags);
    }
    if (node == null) {
      return (flags & FileFlags.O_CREAT) == 0 ? Errno.ENOENT.negated() : create(place, flags, mode);
    }
    if (isExclusive) {
      return Errno.EEXIST.negated();
    }
    if (node.isLink()) {
      return Errno.ELOOP.negated();
    }
    if (node.isDirectory() && isWriting) {
      return Errno.EISDIR.negated();
    }
    if (!node.isDirectory() && (flags & FileFlags.O_DIRECTORY) != 0) {
      return Errno.ENOTDIR.negated();
    }
    if (node.type == FileStatus.FIFO) {
      return openFifo(node, flags);
    }
    int descriptor = install(node, flags);
    if (descriptor >= 0 && isWriting && (flags & FileFlags.O_TRUNC) != 0) {
      node.truncate(0);
    }
    return descriptor;
  }

  /** Waits for nobody: a program of Gyre never opens one otherwise. */
  private int openFifo(DiskNode node, int flags) {
    PipeBuffer buffer = node.fifo();
    int access = flags & FileFlags.O_ACCESS_MODE;
    if (access == FileFlags.O_WRONLY && !buffer.hasReaders()) {
      return Errno.ENXIO.negated();
    }
    PipeEnd end =
        new PipeEnd(
            universe,
            engine.machine(),
            "FIFO",
            access == FileFlags.O_WRONLY ? null : buffer,
            access == FileFlags.O_RDONLY ? null : buffer,
            node,
            0);
    int descriptor = engine.install(end);
    if (descriptor < 0) {
      end.close();
    }
    return descriptor;
  }

  @Override
  public int makeFifo(byte[] path, int mode) {
    Disk.Place place = find(WORKING_DIRECTORY, path, false, false);
    if (place.node() != null) {
      return Errno.EEXIST.negated();
    }
    if (place.error() < 0) {
      return place.error();
    }
    DiskNode node = disk().create(FileStatus.FIFO, mode, nowNanos());
    disk().name(List.of(new Disk.Naming(place.directory(), place.name(), node)));
    return 0;
  }

  /**
   * What was opened for a child to have as a stream: this program has it no more.
   *
   * @param descriptor what {@link #open} has answered
   */
  PipeEnd toStream(int descriptor) {
    OpenedFile file = files.remove(descriptor);
    if (file != null) {
      engine.giveDescriptor(descriptor);
      return FileEnd.of(universe, engine.machine(), file.node, file.flags);
    }
    if (engine.uninstall(descriptor) instanceof PipeEnd fifo) {
      return fifo;
    }
    throw new AssertionError(descriptor + " was not opened");
  }

  private int create(Disk.Place place, int flags, int mode) {
    if (universe.chaos().strikes(Fault.DISK_FULL, engine, place.name())) {
      return Errno.ENOSPC.negated();
    }
    DiskNode node = disk().create(FileStatus.REGULAR, mode, nowNanos());
    int descriptor = install(node, flags);
    if (descriptor >= 0) {
      disk().name(List.of(new Disk.Naming(place.directory(), place.name(), node)));
    }
    return descriptor;
  }

  private int install(DiskNode node, int flags) {
    int descriptor = engine.takeDescriptor();
    if (descriptor >= 0) {
      files.put(descriptor, new OpenedFile(node, flags));
    }
    return descriptor;
  }

  @Override
  public int close(int descriptor) {
    OpenedFile file = files.remove(descriptor);
    if (file == null) {
      return Errno.EBADF.negated();
    }
    file.node.unlock(file);
    engine.giveDescriptor(descriptor);
    boolean isFailing =
        file.isWritable() && universe.chaos().strikes(Fault.FILE_ERROR, engine, file);
    return isFailing ? Errno.EIO.negated() : 0;
  }

  // ---- content

  /** What a transfer of so many bytes comes to: a part of them, or an error. */
  private int strike(OpenedFile file, int length, boolean isWriting) {
    if (universe.chaos().strikes(Fault.FILE_ERROR, engine, file)) {
      return Errno.EIO.negated();
    }
    if (isWriting && universe.chaos().strikes(Fault.DISK_FULL, engine, file)) {
      return Errno.ENOSPC.negated();
    }
    if (length > 1 && universe.chaos().strikes(Fault.SHORT_TRANSFER, engine, file)) {
      return 1 + universe.chaos().of(Fault.SHORT_TRANSFER).below(length - 1);
    }
    return length;
  }

  @Override
  public int read(int descriptor, long address, int length, long offset) {
    OpenedFile file = files.get(descriptor);
    if (file == null || !file.isReadable()) {
      return Errno.EBADF.negated();
    }
    if (file.node.isDirectory()) {
      return Errno.EISDIR.negated();
    }
    int part = strike(file, length, false);
    if (part < 0) {
      return part;
    }
    byte[] bytes = new byte[part];
    int count = file.node.read(offset == AT_POSITION ? file.position : offset, bytes, part);
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
    int part = strike(file, length, true);
    if (part < 0) {
      return part;
    }
    byte[] bytes = new byte[part];
    Memory.copy(address, bytes, 0, part);
    file.node.write(at, bytes, part);
    touch(file.node);
    if (offset == AT_POSITION) {
      file.position = at + part;
    }
    return part;
  }

  private void touch(DiskNode node) {
    node.modifiedNanos = nowNanos();
    node.changedNanos = nowNanos();
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
    if (universe.chaos().strikes(Fault.FILE_ERROR, engine, file)) {
      return Errno.EIO.negated();
    }
    disk().sync(file.node);
    return 0;
  }

  @Override
  public int truncate(int descriptor, long sizeBytes) {
    OpenedFile file = files.get(descriptor);
    if (file == null || !file.isWritable()) {
      return Errno.EBADF.negated();
    }
    if (sizeBytes > MOST_BYTES) {
      return Errno.EFBIG.negated();
    }
    file.node.truncate((int) sizeBytes);
    touch(file.node);
    return 0;
  }

  @Override
  public int allocate(int descriptor, boolean keepsSize, long offset, long bytes) {
    OpenedFile file = files.get(descriptor);
    if (file == null || !file.isWritable()) {
      return Errno.EBADF.negated();
    }
    boolean isFull = universe.chaos().strikes(Fault.DISK_FULL, engine, file);
    if (offset + bytes > MOST_BYTES || isFull) {
      return Errno.ENOSPC.negated();
    }
    return keepsSize || offset + bytes <= file.node.size()
        ? 0
        : truncate(descriptor, offset + bytes);
  }

  // ---- what it is

  @Override
  public int stat(int directory, byte[] path, boolean isLinkItself, FileStatus into) {
    DiskNode node = start(directory);
    if (path.length > 0) {
      Disk.Place place = find(directory, path, !isLinkItself, false);
      if (place.errorIfMissing() < 0) {
        return place.errorIfMissing();
      }
      node = place.node();
    }
    if (node == null) {
      return Errno.EBADF.negated();
    }
    node.fill(into);
    return 0;
  }

  /** What is done to a file that is there. */
  private interface Change {
    void of(DiskNode node);
  }

  private int change(int directory, byte[] path, Change change) {
    DiskNode node = start(directory);
    if (path.length > 0) {
      Disk.Place place = find(directory, path, true, false);
      if (place.errorIfMissing() < 0) {
        return place.errorIfMissing();
      }
      node = place.node();
    }
    if (node == null) {
      return Errno.EBADF.negated();
    }
    change.of(node);
    node.changedNanos = nowNanos();
    return 0;
  }

  @Override
  public int changeMode(int directory, byte[] path, int mode) {
    return change(directory, path, node -> node.permissions = mode & 07777);
  }

  @Override
  public int changeOwner(int directory, byte[] path, int user, int group) {
    return change(
        directory,
        path,
        node -> {
          node.user = user == KEEP ? node.user : user;
          node.group = group == KEEP ? node.group : group;
        });
  }

  @Override
  public int changeTimes(int directory, byte[] path, long accessedNanos, long modifiedNanos) {
    return change(
        directory,
        path,
        node -> {
          node.accessedNanos = accessedNanos == KEEP_TIME ? node.accessedNanos : accessedNanos;
          node.modifiedNanos = modifiedNanos == KEEP_TIME ? node.modifiedNanos : modifiedNanos;
        });
  }

  // ---- several files

  @Override
  public int copy(int from, long fromOffset, int to, long toOffset, int bytes) {
    return Errno.EOPNOTSUPP.negated();
  }

  @Override
  public int share(int from, int to) {
    return Errno.EOPNOTSUPP.negated();
  }

  @Override
  public int lock(int descriptor, int type, long offset, long bytes) {
    OpenedFile file = files.get(descriptor);
    return file == null ? Errno.EBADF.negated() : file.node.lock(file, type, offset, bytes);
  }

  /** What a program should have closed; empty if there is nothing. */
  String leftBehind() {
    return files.isEmpty() ? "" : files.size() + " open files";
  }

  /** The program is gone, and with it what its open files have locked. */
  void vanish() {
    files.values().forEach(file -> file.node.unlock(file));
    files.clear();
  }
}
