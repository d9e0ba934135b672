package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileStatus;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxNames;
import gyre.sys.Memory;
import gyre.sys.Syscall;
import gyre.sys.Uring;
import java.util.function.IntSupplier;

/**
 * What entries ask for that are about files: calls on those of the simulated world. Paths are read
 * when the entry is taken and spoilt afterwards; what is transferred stays lent until the answer.
 */
final class FileEntries {
  private static final byte POISON = (byte) 0xEE;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final int STATX_SECTOR_BYTES = 512;

  private final KernelRing ring;

  FileEntries(KernelRing ring) {
    this.ring = ring;
  }

  /** The call that a thread of the kernel makes for this entry. */
  IntSupplier call(Entry entry) {
    FileCalls files = ring.kernel.process.fileCalls();
    int fd = entry.descriptor();
    long address = entry.address();
    int length = entry.length();
    long offset = entry.offset();
    int flags = entry.operationFlags();
    return switch (entry.operation()) {
      case Uring.OP_READ -> () -> files.read(fd, address, length, offset);
      case Uring.OP_WRITE -> () -> files.write(fd, address, length, offset);
      case Uring.OP_READV -> () -> files.readVector(fd, address, length, offset);
      case Uring.OP_WRITEV -> () -> files.writeVector(fd, address, length, offset);
      case Uring.OP_FSYNC -> () -> files.sync(fd, flags != 0);
      case Uring.OP_CLOSE -> () -> (int) ring.kernel.call(Syscall.CLOSE, fd, 0, 0, 0, 0, 0);
      case Uring.OP_FTRUNCATE -> () -> files.truncate(fd, offset);
      case Uring.OP_FALLOCATE ->
          () -> files.allocate(fd, length == LinuxNames.FALLOC_FL_KEEP_SIZE, offset, address);
      case Uring.OP_OPENAT -> open(files, fd, path(address), flags, length);
      case Uring.OP_OPENAT2 -> openBelow(files, fd, path(address), offset);
      case Uring.OP_STATX -> stat(files, fd, path(address), flags, offset);
      default -> names(files, entry);
    };
  }

  private static IntSupplier names(FileCalls files, Entry entry) {
    int fd = entry.descriptor();
    int length = entry.length();
    int flags = entry.operationFlags();
    byte[] path = path(entry.address());
    return switch (entry.operation()) {
      case Uring.OP_RENAMEAT -> {
        byte[] to = path(entry.offset());
        yield () -> files.rename(fd, path, length, to, flags);
      }
      case Uring.OP_LINKAT -> {
        byte[] to = path(entry.offset());
        yield () -> files.link(fd, path, length, to);
      }
      case Uring.OP_SYMLINKAT -> {
        byte[] to = path(entry.offset());
        yield () -> files.symlink(path, fd, to);
      }
      case Uring.OP_UNLINKAT -> () -> files.unlink(fd, path, flags);
      case Uring.OP_MKDIRAT -> () -> files.makeDirectory(fd, path, length);
      default -> () -> Errno.EBADF.negated();
    };
  }

  /** Up to its zero, and spoilt then; empty for an entry that has none. */
  private static byte[] path(long address) {
    if (address == 0) {
      return new byte[0];
    }
    int length = 0;
    while (length < LinuxFiles.PATH_BYTES - 1 && Memory.getByte(address + length) != 0) {
      length++;
    }
    byte[] path = new byte[length];
    for (int i = 0; i < length; i++) {
      path[i] = Memory.getByte(address + i);
    }
    Memory.fill(address, length + 1L, POISON);
    return path;
  }

  private static IntSupplier open(FileCalls files, int fd, byte[] path, int flags, int mode) {
    return () -> files.open(fd, path, flags & ~LinuxFiles.O_CLOEXEC, mode);
  }

  private static IntSupplier openBelow(FileCalls files, int fd, byte[] path, long how) {
    int flags = (int) Memory.getLong(how) & ~LinuxFiles.O_CLOEXEC;
    int mode = (int) Memory.getLong(how + 8);
    boolean isBelow = (Memory.getLong(how + 16) & LinuxNames.RESOLVE_BENEATH) != 0;
    Memory.fill(how, LinuxNames.OPEN_HOW_BYTES, POISON);
    return () ->
        isBelow ? files.openBelow(fd, path, flags, mode) : files.open(fd, path, flags, mode);
  }

  private static IntSupplier stat(FileCalls files, int fd, byte[] path, int flags, long answer) {
    boolean isLinkItself = (flags & LinuxFiles.AT_SYMLINK_NOFOLLOW) != 0;
    return () -> {
      FileStatus status = new FileStatus();
      int result = files.stat(fd, path, isLinkItself, status);
      if (result == 0) {
        encode(status, answer);
      }
      return result;
    };
  }

  /** As a kernel lays out a {@code struct statx}. */
  private static void encode(FileStatus status, long at) {
    Memory.fill(at, LinuxFiles.STATX_BYTES, (byte) 0);
    Memory.putInt(at, LinuxFiles.STATX_BASIC_STATS);
    Memory.putInt(at + 4, status.blockBytes);
    Memory.putInt(at + 16, status.links);
    Memory.putInt(at + 20, status.user);
    Memory.putInt(at + 24, status.group);
    Memory.putShort(at + 28, (short) status.mode);
    Memory.putLong(at + 32, status.inode);
    Memory.putLong(at + 40, status.sizeBytes);
    Memory.putLong(at + 48, status.allocatedBytes / STATX_SECTOR_BYTES);
    putTime(at + 64, status.accessedNanos);
    putTime(at + 96, status.changedNanos);
    putTime(at + 112, status.modifiedNanos);
    Memory.putInt(at + 136, (int) (status.device >>> 32));
    Memory.putInt(at + 140, (int) status.device);
  }

  private static void putTime(long at, long nanos) {
    Memory.putLong(at, Math.floorDiv(nanos, NANOS_PER_SECOND));
    Memory.putInt(at + 8, (int) Math.floorMod(nanos, NANOS_PER_SECOND));
  }
}
