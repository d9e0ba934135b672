package gyre.engine.uring;

import gyre.engine.ChangeName;
import gyre.engine.Errno;
import gyre.engine.kernel.KernelFiles;
import gyre.sys.LinuxFiles;
import gyre.sys.Uring;

/**
 * Makes, moves and removes names. The entries of all these requests have one form: a directory, a
 * path, a second path, a number and flags.
 */
final class NameChanges extends Requests<ChangeName> {
  NameChanges(Submitter submitter, OperationTable operations) {
    super(submitter, operations);
  }

  @Override
  int memoryBytes() {
    return 2 * LinuxFiles.PATH_BYTES;
  }

  private static int request(ChangeName change) {
    return switch (change.action) {
      case RENAME -> Uring.OP_RENAMEAT;
      case LINK -> Uring.OP_LINKAT;
      case SYMLINK -> Uring.OP_SYMLINKAT;
      case UNLINK -> Uring.OP_UNLINKAT;
      case MAKE_DIRECTORY -> Uring.OP_MKDIRAT;
    };
  }

  private static int number(ChangeName change) {
    return switch (change.action) {
      case RENAME, LINK -> change.toDirectory;
      case MAKE_DIRECTORY -> change.mode;
      case SYMLINK, UNLINK -> 0;
    };
  }

  private static int flags(ChangeName change) {
    return switch (change.action) {
      case RENAME, UNLINK -> change.flags;
      case LINK, SYMLINK, MAKE_DIRECTORY -> 0;
    };
  }

  private static boolean hasTwoPaths(ChangeName change) {
    return switch (change.action) {
      case RENAME, LINK, SYMLINK -> true;
      case UNLINK, MAKE_DIRECTORY -> false;
    };
  }

  @Override
  void begin(ChangeName change) {
    boolean hasTwoPaths = hasTwoPaths(change);
    int result = KernelFiles.checkPath(change.path);
    if (result == 0 && hasTwoPaths) {
      result = KernelFiles.checkPath(change.to);
    }
    if (result < 0) {
      operations.end(change, result);
      return;
    }
    long path = submitter.memory(LinuxFiles.PATH_BYTES);
    KernelFiles.putPath(change.path, path);
    long to = 0;
    if (hasTwoPaths) {
      to = submitter.memory(LinuxFiles.PATH_BYTES);
      KernelFiles.putPath(change.to, to);
    }
    int directory =
        change.action == ChangeName.Action.SYMLINK ? change.toDirectory : change.directory;
    long lengthAndFlags = (number(change) & 0xFFFF_FFFFL) | (long) flags(change) << 32;
    int ignored =
        submitter.emit(
            SubmissionQueue.control(request(change), 0, 0, directory),
            to,
            path,
            lengthAndFlags,
            change.tag);
  }

  @Override
  void complete(ChangeName change, int result, int flags) {
    if (result == Errno.EINTR.negated()) {
      again(change);
    } else {
      operations.finish(change, result);
    }
  }
}
