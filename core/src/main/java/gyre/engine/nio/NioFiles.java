package gyre.engine.nio;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileFlags;
import gyre.engine.FileStatus;
import gyre.sys.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Files as the JDK has them: without what it does not offer, which is refused with {@code
 * EOPNOTSUPP}.
 */
final class NioFiles implements FileCalls {
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
          | FileFlags.O_CLOEXEC;

  private record OpenedFile(Path path, FileChannel channel, boolean isAppending) {}

  private final Map<Integer, OpenedFile> files = new ConcurrentHashMap<>();
  private final AtomicInteger next = new AtomicInteger(FIRST_DESCRIPTOR);

  @Override
  public int open(int directory, byte[] path, int flags, int mode) {
    if (directory != WORKING_DIRECTORY || (flags & ~OFFERED_FLAGS) != 0) {
      return Errno.EOPNOTSUPP.negated();
    }
    try {
      Path file = path(path);
      if (Files.isDirectory(file)) {
        return Errno.EISDIR.negated();
      }
      boolean isAppending = (flags & FileFlags.O_APPEND) != 0;
      FileChannel channel = FileChannel.open(file, options(flags), permissions(file, mode));
      int descriptor = next.getAndIncrement();
      files.put(descriptor, new OpenedFile(file, channel, isAppending));
      return descriptor;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
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

  private static FileAttribute<?>[] permissions(Path file, int mode) {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return new FileAttribute<?>[0];
    }
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's read downwards
    for (int bit = 0; bit < all.length; bit++) {
      if ((mode & (0400 >> bit)) != 0) {
        set.add(all[bit]);
      }
    }
    return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(set)};
  }

  @Override
  public int read(int descriptor, long address, int length, long offset) {
    OpenedFile file = files.get(descriptor);
    if (file == null) {
      return Errno.EBADF.negated();
    }
    try {
      ByteBuffer into = Memory.segment(address, length).asByteBuffer();
      int count = offset == AT_POSITION ? file.channel.read(into) : file.channel.read(into, offset);
      return Math.max(0, count);
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  public int write(int descriptor, long address, int length, long offset) {
    OpenedFile file = files.get(descriptor);
    if (file == null) {
      return Errno.EBADF.negated();
    }
    try {
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
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  public int sync(int descriptor, boolean dataOnly) {
    OpenedFile file = files.get(descriptor);
    if (file == null) {
      return Errno.EBADF.negated();
    }
    try {
      file.channel.force(!dataOnly);
      return 0;
    } catch (IOException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  public int close(int descriptor) {
    OpenedFile file = files.remove(descriptor);
    if (file == null) {
      return Errno.EBADF.negated();
    }
    try {
      file.channel.close();
      return 0;
    } catch (IOException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  public int stat(int directory, byte[] path, boolean isLinkItself, FileStatus into) {
    try {
      Path file;
      if (path.length > 0 && directory == WORKING_DIRECTORY) {
        file = path(path);
      } else if (path.length == 0) {
        OpenedFile opened = files.get(directory);
        if (opened == null) {
          return Errno.EBADF.negated();
        }
        file = opened.path;
      } else {
        return Errno.EOPNOTSUPP.negated();
      }
      return stat(file, isLinkItself, into);
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
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

  private static Path path(byte[] path) {
    String encoding = System.getProperty("sun.jnu.encoding");
    Charset charset =
        encoding != null && Charset.isSupported(encoding)
            ? Charset.forName(encoding)
            : StandardCharsets.UTF_8;
    return Path.of(new String(path, charset));
  }
}
