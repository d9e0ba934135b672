package gyre.engine.kernel;

import gyre.engine.NameCalls;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxNames;
import gyre.sys.Memory;
import java.nio.charset.StandardCharsets;

/** Names of files as the kernel has them. */
abstract class KernelNames implements NameCalls {
  @Override
  public final int rename(int directory, byte[] path, int toDirectory, byte[] to, int flags) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path, to);
    return result < 0
        ? result
        : LinuxNames.renameat2(
            scratch.state, directory, scratch.path, toDirectory, scratch.otherPath, flags);
  }

  @Override
  public final int link(int directory, byte[] path, int toDirectory, byte[] to) {
    byte[] from = path.length == 0 ? opened(directory) : path;
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(from, to);
    int flags = path.length == 0 ? LinuxNames.AT_SYMLINK_FOLLOW : 0;
    return result < 0
        ? result
        : LinuxNames.linkat(
            scratch.state, directory, scratch.path, toDirectory, scratch.otherPath, flags);
  }

  /** A path of what is open, for which an empty one takes more rights. */
  private static byte[] opened(int descriptor) {
    return ("/proc/self/fd/" + descriptor).getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public final int symlink(byte[] target, int directory, byte[] path) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(target, path);
    return result < 0
        ? result
        : LinuxNames.symlinkat(scratch.state, scratch.path, directory, scratch.otherPath);
  }

  @Override
  public final int unlink(int directory, byte[] path, int flags) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    return result < 0 ? result : LinuxNames.unlinkat(scratch.state, directory, scratch.path, flags);
  }

  @Override
  public final int makeDirectory(int directory, byte[] path, int mode) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    return result < 0 ? result : LinuxNames.mkdirat(scratch.state, directory, scratch.path, mode);
  }

  @Override
  public final int readLink(int directory, byte[] path, byte[] into) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    if (result < 0) {
      return result;
    }
    int length = Math.min(into.length, LinuxFiles.PATH_BYTES);
    result =
        LinuxNames.readlinkat(scratch.state, directory, scratch.path, scratch.otherPath, length);
    if (result > 0) {
      Memory.copy(scratch.otherPath, into, 0, result);
    }
    return result;
  }

  @Override
  public final int list(int descriptor, long address, int length) {
    return LinuxNames.getdents(CallScratch.get().state, descriptor, address, length);
  }
}
