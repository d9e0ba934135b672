package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.OpenFile;
import gyre.engine.kernel.KernelFiles;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxNames;
import gyre.sys.Uring;

/** Opens files. */
final class FileOpens extends Requests<OpenFile> {
  private final CallState calls;

  FileOpens(Submitter submitter, OperationTable operations, CallState calls) {
    super(submitter, operations);
    this.calls = calls;
  }

  @Override
  int memoryBytes() {
    return LinuxFiles.PATH_BYTES + LinuxNames.OPEN_HOW_BYTES;
  }

  @Override
  void begin(OpenFile file) {
    int result = KernelFiles.checkPath(file.path);
    if (result < 0) {
      operations.end(file, result);
      return;
    }
    long path = submitter.memory(LinuxFiles.PATH_BYTES);
    KernelFiles.putPath(file.path, path);
    if (file.isBelow) {
      long how = submitter.memory(LinuxNames.OPEN_HOW_BYTES);
      KernelFiles.putOpenHow(how, file.flags, file.mode);
      int ignored =
          submitter.emit(
              SubmissionQueue.control(Uring.OP_OPENAT2, 0, 0, file.directory),
              how,
              path,
              LinuxNames.OPEN_HOW_BYTES,
              file.tag);
      return;
    }
    long flags = (long) (file.flags | LinuxFiles.O_CLOEXEC) << 32;
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_OPENAT, 0, 0, file.directory),
            0,
            path,
            file.mode | flags,
            file.tag);
  }

  @Override
  void complete(OpenFile file, int result, int flags) {
    if (result == Errno.EINTR.negated()) {
      again(file);
    } else {
      operations.finish(file, result);
    }
  }

  /** A file that nobody wants any more. */
  @Override
  void drop(int result, int flags) {
    if (result >= 0) {
      LinuxFiles.discard(calls, result);
    }
  }
}
