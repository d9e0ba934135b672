package gyre.engine.kernel;

import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What a thread needs for its calls on files, which is kept as long as the thread. */
final class CallScratch {
  private static final ThreadLocal<CallScratch> OF_THREAD =
      ThreadLocal.withInitial(CallScratch::new);

  private final MemorySegment segment =
      Arena.ofAuto().allocate(2L * LinuxFiles.PATH_BYTES + LinuxFiles.STATX_BYTES, 8);

  final CallState state = new CallState(Arena.ofAuto());

  /** Where paths are. */
  final long path = segment.address();

  final long otherPath = path + LinuxFiles.PATH_BYTES;

  /** Room for whatever is not longer than {@link LinuxFiles#STATX_BYTES}. */
  final long buffer = otherPath + LinuxFiles.PATH_BYTES;

  private CallScratch() {}

  static CallScratch get() {
    return OF_THREAD.get();
  }

  /** Writes a path with a zero behind it; 0 or a negative errno. */
  int put(byte[] bytes) {
    return put(bytes, path);
  }

  /** The same for two. */
  int put(byte[] bytes, byte[] other) {
    int result = put(bytes, path);
    return result < 0 ? result : put(other, otherPath);
  }

  private static int put(byte[] bytes, long address) {
    int result = KernelFiles.checkPath(bytes);
    if (result == 0) {
      KernelFiles.putPath(bytes, address);
    }
    return result;
  }
}
