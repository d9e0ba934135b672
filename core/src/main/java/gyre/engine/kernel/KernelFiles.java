package gyre.engine.kernel;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileStatus;
import gyre.engine.WatchCalls;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxNames;
import gyre.sys.Memory;
import org.jspecify.annotations.Nullable;

/** Files whose descriptors are the kernel's own. */
public final class KernelFiles extends KernelNames implements FileCalls {
  private final WatchCalls watches = new KernelWatches();

  /** Null where each thread has its own. */
  private final @Nullable CallState own;

  /** For any threads. */
  public KernelFiles() {
    this.own = null;
  }

  /** For the thread of an engine, and its calls on what is open, on the kernel of that engine. */
  public KernelFiles(CallState calls) {
    this.own = calls;
  }

  private CallState state() {
    CallState calls = own;
    return calls == null ? CallScratch.get().state : calls;
  }

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
    into.accessedNanos = LinuxFiles.statxAccessedNanos(statx);
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
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    return result < 0
        ? result
        : LinuxFiles.openat(
            scratch.state, directory, scratch.path, flags | LinuxFiles.O_CLOEXEC, mode);
  }

  @Override
  public int openBelow(int directory, byte[] path, int flags, int mode) {
    return OpenBelow.open(directory, path, flags, mode);
  }

  /** Writes what {@code openat2} wants to know. */
  public static void putOpenHow(long how, int flags, int mode) {
    LinuxNames.putOpenHow(
        how,
        flags | LinuxFiles.O_CLOEXEC,
        OpenBelow.modeFor(flags, mode),
        OpenBelow.resolveFor(flags));
  }

  @Override
  public int read(int descriptor, long address, int length, long offset) {
    CallState state = state();
    return offset == AT_POSITION
        ? LinuxFiles.read(state, descriptor, address, length)
        : LinuxFiles.pread(state, descriptor, address, length, offset);
  }

  @Override
  public int write(int descriptor, long address, int length, long offset) {
    CallState state = state();
    return offset == AT_POSITION
        ? LinuxFiles.write(state, descriptor, address, length)
        : LinuxFiles.pwrite(state, descriptor, address, length, offset);
  }

  @Override
  public int readVector(int descriptor, long vector, int count, long offset) {
    return LinuxNames.preadv(state(), descriptor, vector, count, offset);
  }

  @Override
  public int writeVector(int descriptor, long vector, int count, long offset) {
    return LinuxNames.pwritev(state(), descriptor, vector, count, offset);
  }

  @Override
  public int sync(int descriptor, boolean dataOnly) {
    CallState state = state();
    return dataOnly ? LinuxFiles.fdatasync(state, descriptor) : LinuxFiles.fsync(state, descriptor);
  }

  @Override
  public WatchCalls watches() {
    return watches;
  }

  @Override
  public int close(int descriptor) {
    return LinuxFiles.close(state(), descriptor);
  }

  @Override
  public int stat(int directory, byte[] path, boolean isLinkItself, FileStatus into) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    if (result < 0) {
      return result;
    }
    result =
        LinuxFiles.statx(
            scratch.state,
            directory,
            scratch.path,
            statFlags(path, isLinkItself),
            LinuxFiles.STATX_BASIC_STATS,
            scratch.buffer);
    if (result == 0) {
      decode(scratch.buffer, into);
    }
    return result;
  }

  @Override
  public int makeFifo(byte[] path, int mode) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    return result < 0 ? result : LinuxFiles.makeFifo(scratch.state, scratch.path, mode);
  }

  @Override
  public int truncate(int descriptor, long sizeBytes) {
    return LinuxNames.ftruncate(state(), descriptor, sizeBytes);
  }

  @Override
  public int allocate(int descriptor, boolean keepsSize, long offset, long bytes) {
    return LinuxNames.fallocate(state(), descriptor, allocationMode(keepsSize), offset, bytes);
  }

  public static int allocationMode(boolean keepsSize) {
    return keepsSize ? LinuxNames.FALLOC_FL_KEEP_SIZE : 0;
  }

  @Override
  public int changeMode(int directory, byte[] path, int mode) {
    CallScratch scratch = CallScratch.get();
    if (path.length == 0) {
      return LinuxNames.fchmod(scratch.state, directory, mode);
    }
    int result = scratch.put(path);
    return result < 0 ? result : LinuxNames.fchmodat(scratch.state, directory, scratch.path, mode);
  }

  @Override
  public int changeOwner(int directory, byte[] path, int user, int group) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    int flags = path.length == 0 ? LinuxFiles.AT_EMPTY_PATH : 0;
    return result < 0
        ? result
        : LinuxNames.fchownat(scratch.state, directory, scratch.path, user, group, flags);
  }

  @Override
  public int changeTimes(int directory, byte[] path, long accessedNanos, long modifiedNanos) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    if (result < 0) {
      return result;
    }
    putTime(scratch.buffer, accessedNanos);
    putTime(scratch.buffer + 16, modifiedNanos);
    long name = path.length == 0 ? 0 : scratch.path;
    return LinuxNames.utimensat(scratch.state, directory, name, scratch.buffer);
  }

  private static void putTime(long timespec, long nanos) {
    if (nanos == KEEP_TIME) {
      LinuxNames.putNoTime(timespec);
    } else {
      LinuxNames.putTime(timespec, nanos);
    }
  }

  @Override
  public int copy(int from, long fromOffset, int to, long toOffset, int bytes) {
    CallScratch scratch = CallScratch.get();
    return LinuxNames.copyFileRange(
        scratch.state, from, fromOffset, to, toOffset, bytes, scratch.buffer);
  }

  @Override
  public int share(int from, int to) {
    int result = LinuxNames.clone(state(), to, from);
    return result == Errno.ENOTTY.negated() ? Errno.EOPNOTSUPP.negated() : result;
  }

  @Override
  public int lock(int descriptor, int type, long offset, long bytes) {
    CallScratch scratch = CallScratch.get();
    int result = LinuxNames.lock(scratch.state, descriptor, type, offset, bytes, scratch.buffer);
    return result == Errno.EACCES.negated() ? Errno.EAGAIN.negated() : result;
  }
}
