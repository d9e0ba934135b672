package gyre.engine.nio;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileFlags;
import gyre.engine.FileStatus;
import gyre.engine.WatchCalls;
import gyre.sys.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Files as the JDK has them: without what it does not offer, which is refused with {@code
 * EOPNOTSUPP}.
 */
final class NioFiles extends NioNames implements FileCalls {
  /** Numbers that no socket of the engine has. */
  private static final int FIRST_DESCRIPTOR = 1 << 24;

  private static final int OFFERED_FLAGS =
      FileFlags.O_ACCESS_MODE
          | FileFlags.O_CREAT
          | FileFlags.O_EXCL
          | FileFlags.O_TRUNC
          | FileFlags.O_APPEND
          | FileFlags.O_NOFOLLOW
          | FileFlags.O_SYNC
          | FileFlags.O_NOCTTY
          | FileFlags.O_NONBLOCK
          | FileFlags.O_DIRECTORY
          | FileFlags.O_CLOEXEC;

  private static final WatchCalls WATCHES =
      new WatchCalls() {
        @Override
        public @Nullable Hints hints(Consumer<Path> changed) {
          return NioHints.open(changed);
        }
      };

  private static final class OpenedFile {
    final Path path;
    final FileChannel channel;
    final boolean isAppending;
    final List<FileLock> locks = new ArrayList<>(0);
    @Nullable Listing listing;

    OpenedFile(Path path, FileChannel channel, boolean isAppending) {
      this.path = path;
      this.channel = channel;
      this.isAppending = isAppending;
    }
  }

  private final Map<Integer, OpenedFile> files = new ConcurrentHashMap<>();
  private final AtomicInteger next = new AtomicInteger(FIRST_DESCRIPTOR);

  @Override
  public WatchCalls watches() {
    return WATCHES;
  }

  private OpenedFile find(int descriptor) throws IOException {
    OpenedFile file = files.get(descriptor);
    if (file == null) {
      throw new ClosedChannelException();
    }
    return file;
  }

  @Override
  Path at(int directory, byte[] path) throws IOException {
    if (directory == WORKING_DIRECTORY) {
      return path(path);
    }
    Path start = find(directory).path;
    return path.length == 0 ? start : start.resolve(path(path));
  }

  @Override
  Listing listing(int descriptor) throws IOException {
    OpenedFile file = find(descriptor);
    synchronized (file) {
      Listing known = file.listing;
      if (known == null) {
        checkIsDirectory(file.path);
        known = new Listing(file.path);
        file.listing = known;
      }
      return known;
    }
  }

  @Override
  public int openBelow(int directory, byte[] path, int flags, int mode) {
    return Errno.EOPNOTSUPP.negated();
  }

  @Override
  public int open(int directory, byte[] path, int flags, int mode) {
    if ((flags & ~OFFERED_FLAGS) != 0) {
      return Errno.EOPNOTSUPP.negated();
    }
    return result(() -> open(at(directory, path), flags, mode));
  }

  private int open(Path file, int flags, int mode) throws IOException {
    boolean isDirectory = Files.isDirectory(file);
    if ((flags & FileFlags.O_DIRECTORY) != 0) {
      checkIsDirectory(file);
    } else if (isDirectory) {
      return Errno.EISDIR.negated();
    }
    if ((flags & FileFlags.O_NONBLOCK) != 0 && isSpecial(file)) {
      return Errno.EOPNOTSUPP.negated(); // the JDK might wait for somebody at the other end
    }
    FileChannel channel = FileChannel.open(file, options(flags), attributes(file, mode));
    int descriptor = next.getAndIncrement();
    boolean isAppending = (flags & FileFlags.O_APPEND) != 0;
    files.put(descriptor, new OpenedFile(file, channel, isAppending));
    return descriptor;
  }

  private static boolean isSpecial(Path file) {
    return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
  }

  private static Set<OpenOption> options(int flags) {
    Set<OpenOption> options = new HashSet<>();
    int access = flags & FileFlags.O_ACCESS_MODE;
    if (access != FileFlags.O_WRONLY) {
      options.add(StandardOpenOption.READ);
    }
    if (access != FileFlags.O_RDONLY) {
      options.add(StandardOpenOption.WRITE);
    }
    if ((flags & FileFlags.O_CREAT) != 0) {
      boolean isExclusive = (flags & FileFlags.O_EXCL) != 0;
      options.add(isExclusive ? StandardOpenOption.CREATE_NEW : StandardOpenOption.CREATE);
    }
    if ((flags & FileFlags.O_TRUNC) != 0) {
      options.add(StandardOpenOption.TRUNCATE_EXISTING);
    }
    if ((flags & FileFlags.O_NOFOLLOW) != 0) {
      options.add(LinkOption.NOFOLLOW_LINKS);
    }
    if ((flags & FileFlags.O_SYNC) == FileFlags.O_SYNC) {
      options.add(StandardOpenOption.SYNC);
    } else if ((flags & FileFlags.O_DSYNC) != 0) {
      options.add(StandardOpenOption.DSYNC);
    }
    return options;
  }

  @Override
  public int read(int descriptor, long address, int length, long offset) {
    return result(() -> {
      FileChannel channel = find(descriptor).channel;
      ByteBuffer into = Memory.segment(address, length).asByteBuffer();
      int count = offset == AT_POSITION ? channel.read(into) : channel.read(into, offset);
      return Math.max(0, count);
    });
  }

  @Override
  public int write(int descriptor, long address, int length, long offset) {
    return result(() -> {
      OpenedFile file = find(descriptor);
      ByteBuffer from = Memory.segment(address, length).asByteBuffer();
      if (offset != AT_POSITION && !file.isAppending) {
        return file.channel.write(from, offset);
      }
      synchronized (file) {
        if (file.isAppending) {
          // The JDK's own way to append forbids to read.
          FileChannel ignored = file.channel.position(file.channel.size());
        }
        return file.channel.write(from);
      }
    });
  }

  @Override
  public int sync(int descriptor, boolean dataOnly) {
    return result(() -> {
      find(descriptor).channel.force(!dataOnly);
      return 0;
    });
  }

  @Override
  public int truncate(int descriptor, long sizeBytes) {
    return result(() -> {
      FileChannel channel = find(descriptor).channel;
      if (sizeBytes <= channel.size()) {
        FileChannel ignored = channel.truncate(sizeBytes);
        return 0;
      }
      return Math.min(0, channel.write(ByteBuffer.allocate(1), sizeBytes - 1));
    });
  }

  @Override
  public int allocate(int descriptor, boolean keepsSize, long offset, long bytes) {
    return Errno.EOPNOTSUPP.negated();
  }

  @Override
  public int changeMode(int directory, byte[] path, int mode) {
    return result(() -> {
      Path file = at(directory, path);
      if (hasPermissions(file)) {
        Path ignored = Files.setPosixFilePermissions(file, permissions(mode));
      }
      return 0;
    });
  }

  @Override
  public int changeOwner(int directory, byte[] path, int user, int group) {
    return result(() -> {
      Path file = at(directory, path);
      if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
        return Errno.EOPNOTSUPP.negated();
      }
      if (user != KEEP) {
        Path ignored = Files.setAttribute(file, "unix:uid", user);
      }
      if (group != KEEP) {
        Path ignored = Files.setAttribute(file, "unix:gid", group);
      }
      return 0;
    });
  }

  @Override
  public int changeTimes(int directory, byte[] path, long accessedNanos, long modifiedNanos) {
    return result(() -> {
      BasicFileAttributeView view =
          Files.getFileAttributeView(at(directory, path), BasicFileAttributeView.class);
      view.setTimes(time(modifiedNanos), time(accessedNanos), null);
      return 0;
    });
  }

  private static @Nullable FileTime time(long nanos) {
    return nanos == KEEP_TIME ? null : FileTime.from(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public int copy(int from, long fromOffset, int to, long toOffset, int bytes) {
    return Errno.EOPNOTSUPP.negated();
  }

  @Override
  public int share(int from, int to) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** The JDK's locks belong to the process, and other files of it are in each other's way too. */
  @Override
  public int lock(int descriptor, int type, long offset, long bytes) {
    return result(() -> {
      OpenedFile file = find(descriptor);
      long length = bytes == 0 ? Long.MAX_VALUE - offset : bytes;
      synchronized (file) {
        return type == LOCK_NONE
            ? unlock(file, offset, length)
            : lock(file, type == LOCK_SHARED, offset, length);
      }
    });
  }

  private static int unlock(OpenedFile file, long offset, long length) throws IOException {
    for (FileLock lock : List.copyOf(file.locks)) {
      if (lock.position() == offset && lock.size() == length) {
        file.locks.remove(lock);
        lock.release();
      }
    }
    return 0;
  }

  private static int lock(OpenedFile file, boolean isShared, long offset, long length)
      throws IOException {
    try {
      FileLock lock = file.channel.tryLock(offset, length, isShared);
      if (lock == null) {
        return Errno.EAGAIN.negated();
      }
      file.locks.add(lock);
      return 0;
    } catch (OverlappingFileLockException held) {
      return Errno.EAGAIN.negated();
    }
  }

  @Override
  public int close(int descriptor) {
    return result(() -> {
      OpenedFile file = find(descriptor);
      files.remove(descriptor);
      Listing listing = file.listing;
      try (file.channel) {
        if (listing != null) {
          listing.close();
        }
      }
      return 0;
    });
  }

  @Override
  public int stat(int directory, byte[] path, boolean isLinkItself, FileStatus into) {
    return result(() -> stat(at(directory, path), isLinkItself, into));
  }

  private static int stat(Path file, boolean isLinkItself, FileStatus into) throws IOException {
    LinkOption[] options =
        isLinkItself ? new LinkOption[] {LinkOption.NOFOLLOW_LINKS} : new LinkOption[0];
    boolean hasMore = file.getFileSystem().supportedFileAttributeViews().contains("unix");
    BasicFileAttributes basic = Files.readAttributes(file, BasicFileAttributes.class, options);
    Map<String, Object> unix = hasMore ? Files.readAttributes(file, "unix:*", options) : Map.of();
    int type = basic.isDirectory() ? FileStatus.DIRECTORY : FileStatus.REGULAR;
    into.mode = (int) number(unix, "mode", type | 0600);
    into.sizeBytes = basic.size();
    into.accessedNanos = basic.lastAccessTime().to(TimeUnit.NANOSECONDS);
    into.modifiedNanos = basic.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    into.changedNanos =
        unix.get("ctime") instanceof FileTime changed
            ? changed.to(TimeUnit.NANOSECONDS)
            : into.modifiedNanos;
    into.inode = number(unix, "ino", 0);
    into.device = number(unix, "dev", 0);
    into.links = (int) number(unix, "nlink", 1);
    into.user = (int) number(unix, "uid", 0);
    into.group = (int) number(unix, "gid", 0);
    into.allocatedBytes = (into.sizeBytes + 511) / 512 * 512;
    into.blockBytes = 4096;
    return 0;
  }

  private static long number(Map<String, Object> attributes, String name, long without) {
    return attributes.get(name) instanceof Number number ? number.longValue() : without;
  }
}
