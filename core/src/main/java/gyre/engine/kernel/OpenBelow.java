package gyre.engine.kernel;

import gyre.engine.Errno;
import gyre.engine.FileFlags;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxNames;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * Opens what is below a directory, and nothing else, whoever moves or links what meanwhile.
 *
 * <p>The kernel can do it in one call ({@code openat2}). Sandboxes that don't know that call refuse
 * it; then each part of the path is opened by itself, from the descriptor of the one before, and
 * symbolic links are refused with {@code ELOOP}. Paths are never compared: what a name stands for
 * may change between looking and opening.
 */
final class OpenBelow {
  private static final int RESOLVE = LinuxNames.RESOLVE_BENEATH | LinuxNames.RESOLVE_NO_MAGICLINKS;

  private static final int STEP =
      FileFlags.O_PATH | FileFlags.O_DIRECTORY | FileFlags.O_NOFOLLOW | LinuxFiles.O_CLOEXEC;

  /** The most parts that a path may have where they are opened one by one. */
  private static final int MOST_PARTS = 256;

  private static final byte[] DOT = {'.'};

  /** The kernel, or a sandbox, has refused the call: it is not asked again. */
  private static volatile boolean isRefused;

  private OpenBelow() {}

  static int open(int directory, byte[] path, int flags, int mode) {
    if (!isRefused) {
      int result = byKernel(directory, path, flags, mode);
      if (result != Errno.ENOSYS.negated() && result != Errno.EPERM.negated()) {
        return result;
      }
      isRefused = byKernel(LinuxFiles.AT_FDCWD, DOT, FileFlags.O_PATH, 0) == result;
      if (!isRefused) {
        return result; // it was about this file
      }
    }
    return byParts(directory, path, flags, mode);
  }

  private static int byKernel(int directory, byte[] path, int flags, int mode) {
    CallScratch scratch = CallScratch.get();
    int result = scratch.put(path);
    if (result < 0) {
      return result;
    }
    LinuxNames.putOpenHow(
        scratch.buffer, flags | LinuxFiles.O_CLOEXEC, modeFor(flags, mode), resolveFor(flags));
    return LinuxNames.openat2(scratch.state, directory, scratch.path, scratch.buffer);
  }

  /** Where no link may be followed that holds for each part of the path. */
  static int resolveFor(int flags) {
    boolean follows = (flags & FileFlags.O_NOFOLLOW) == 0;
    return follows ? RESOLVE : RESOLVE | LinuxNames.RESOLVE_NO_SYMLINKS;
  }

  /** The kernel takes a mode only where something may be made. */
  static int modeFor(int flags, int mode) {
    boolean makes =
        (flags & FileFlags.O_CREAT) != 0 || (flags & FileFlags.O_TMPFILE) == FileFlags.O_TMPFILE;
    return makes ? mode & 07777 : 0;
  }

  /** For tests too. */
  static int byParts(int directory, byte[] path, int flags, int mode) {
    if (path.length == 0) {
      return Errno.ENOENT.negated();
    }
    if (path[0] == '/') {
      return Errno.EXDEV.negated();
    }
    ArrayDeque<Integer> above = new ArrayDeque<>();
    try {
      return walk(directory, path, flags, mode, above);
    } finally {
      CallState state = CallScratch.get().state;
      above.forEach(each -> LinuxFiles.close(state, each));
    }
  }

  /**
   * @param above the directories on the way, the present one last; the caller closes them
   */
  private static int walk(
      int directory, byte[] path, int flags, int mode, ArrayDeque<Integer> above) {
    CallScratch scratch = CallScratch.get();
    int from = 0;
    for (int parts = 0; parts < MOST_PARTS; parts++) {
      int to = from;
      while (to < path.length && path[to] != '/') {
        to++;
      }
      byte[] part = Arrays.copyOfRange(path, from, to);
      int next = to;
      while (next < path.length && path[next] == '/') {
        next++;
      }
      boolean isLast = next == path.length;
      int here = above.isEmpty() ? directory : above.getLast();
      if (isUp(part)) {
        if (above.isEmpty()) {
          return Errno.EXDEV.negated();
        }
        LinuxFiles.close(scratch.state, above.removeLast());
        here = above.isEmpty() ? directory : above.getLast();
        part = DOT;
      }
      int result = scratch.put(part);
      if (result < 0) {
        return result;
      }
      if (isLast) {
        int mustBeDirectory = to < path.length ? FileFlags.O_DIRECTORY : 0;
        return LinuxFiles.openat(
            scratch.state,
            here,
            scratch.path,
            flags | FileFlags.O_NOFOLLOW | LinuxFiles.O_CLOEXEC | mustBeDirectory,
            mode);
      }
      int opened = LinuxFiles.openat(scratch.state, here, scratch.path, STEP, 0);
      if (opened < 0) {
        return opened;
      }
      if (Arrays.equals(part, DOT)) {
        LinuxFiles.close(scratch.state, opened); // the same place: nothing to go up from
      } else {
        above.addLast(opened);
      }
      from = next;
    }
    return Errno.ENAMETOOLONG.negated();
  }

  private static boolean isUp(byte[] part) {
    return part.length == 2 && part[0] == '.' && part[1] == '.';
  }
}
