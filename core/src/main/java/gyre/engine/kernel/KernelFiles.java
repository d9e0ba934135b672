package gyre.engine.kernel;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileStatus;
import gyre.engine.WatchCalls;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Files whose descriptors are the kernel's own. */
public final class KernelFiles implements FileCalls {
  /** What a thread needs for its calls, which is kept as long as the thread. */
  private static final class Scratch {
    private final MemorySegment segment =
        Arena.ofAuto().allocate(LinuxFiles.PATH_BYTES + LinuxFiles.STATX_BYTES, 8);

    final CallState state = new CallState(Arena.ofAuto());
    final long memory = segment.address();

    /** Writes a path with a zero behind it; 0 or a negative errno. */
    int putPath(byte[] path) {
      int result = checkPath(path);
      if (result == 0) {
        KernelFiles.putPath(path, memory);
      }
      return result;
    }
  }

  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private final WatchCalls watches = new KernelWatches();

  /** 0, or why the kernel could not take it as it is. */
  public static int checkPath(byte[] path) {
    if (path.length >= LinuxFiles.PATH_BYTES) {
      return Errno.ENAMETOOLONG.negated();
    }
    for (byte each : path) {
      if (each == 0) {
        return Errno.EINVAL.negated();
      }
    }
    return 0;
  }

  /** Writes a path that was checked with a zero behind it. */
  public static void putPath(byte[] path, long address) {
    Memory.copy(path, 0, address, path.length);
    Memory.putByte(address + path.length, (byte) 0);
  }

  public static int statFlags(byte[] path, boolean isLinkItself) {
    return (path.length == 0 ? LinuxFiles.AT_EMPTY_PATH : 0)
        | (isLinkItself ? LinuxFiles.AT_SYMLINK_NOFOLLOW : 0);
  }

  /** Reads what the kernel has written. */
  public static void decode(long statx, FileStatus into) {
    into.mode = LinuxFiles.statxMode(statx);
    into.sizeBytes = LinuxFiles.statxSizeBytes(statx);
    into.modifiedNanos = LinuxFiles.statxModifiedNanos(statx);
    into.changedNanos = LinuxFiles.statxChangedNanos(statx);
    into.inode = LinuxFiles.statxInode(statx);
    into.device = LinuxFiles.statxDevice(statx);
    into.links = LinuxFiles.statxLinks(statx);
    into.user = LinuxFiles.statxUser(statx);
    into.group = LinuxFiles.statxGroup(statx);
    into.allocatedBytes = LinuxFiles.statxAllocatedBytes(statx);
    into.blockBytes = LinuxFiles.statxBlockBytes(statx);
  }

  @Override
  public int open(int directory, byte[] path, int flags, int mode) {
    Scratch scratch = SCRATCH.get();
    int result = scratch.putPath(path);
    return result < 0
        ? result
        : LinuxFiles.openat(
            scratch.state, directory, scratch.memory, flags | LinuxFiles.O_CLOEXEC, mode);
  }

  @Override
  public int read(int descriptor, long address, int length, long offset) {
    CallState state = SCRATCH.get().state;
    return offset == AT_POSITION
        ? LinuxFiles.read(state, descriptor, address, length)
        : LinuxFiles.pread(state, descriptor, address, length, offset);
  }

  @Override
  public int write(int descriptor, long address, int length, long offset) {
    CallState state = SCRATCH.get().state;
    return offset == AT_POSITION
        ? LinuxFiles.write(state, descriptor, address, length)
        : LinuxFiles.pwrite(state, descriptor, address, length, offset);
  }

  @Override
  public int sync(int descriptor, boolean dataOnly) {
    CallState state = SCRATCH.get().state;
    return dataOnly ? LinuxFiles.fdatasync(state, descriptor) : LinuxFiles.fsync(state, descriptor);
  }

  @Override
  public WatchCalls watches() {
    return watches;
  }

  @Override
  public int close(int descriptor) {
    return LinuxFiles.close(SCRATCH.get().state, descriptor);
  }

  @Override
  public int stat(int directory, byte[] path, boolean isLinkItself, FileStatus into) {
    Scratch scratch = SCRATCH.get();
    int result = scratch.putPath(path);
    if (result < 0) {
      return result;
    }
    long buffer = scratch.memory + LinuxFiles.PATH_BYTES;
    result =
        LinuxFiles.statx(
            scratch.state,
            directory,
            scratch.memory,
            statFlags(path, isLinkItself),
            LinuxFiles.STATX_BASIC_STATS,
            buffer);
    if (result == 0) {
      decode(buffer, into);
    }
    return result;
  }

  @Override
  public int makeFifo(byte[] path, int mode) {
    Scratch scratch = SCRATCH.get();
    int result = scratch.putPath(path);
    return result < 0 ? result : LinuxFiles.makeFifo(scratch.state, scratch.memory, mode);
  }
}
