package gyre.engine.uring;

import gyre.engine.AllocateFile;
import gyre.engine.Errno;
import gyre.engine.kernel.KernelFiles;
import gyre.sys.Uring;

/** Has devices keep room for files. */
final class FileAllocations extends Requests<AllocateFile> {
  FileAllocations(Submitter submitter, OperationTable operations) {
    super(submitter, operations);
  }

  @Override
  void begin(AllocateFile file) {
    long control = SubmissionQueue.control(Uring.OP_FALLOCATE, 0, 0, file.descriptor);
    int mode = KernelFiles.allocationMode(file.keepsSize);
    int ignored = submitter.emit(control, file.offset, file.bytes, mode, file.tag);
  }

  @Override
  void complete(AllocateFile file, int result, int flags) {
    if (result == Errno.EINTR.negated()) {
      again(file);
    } else {
      operations.finish(file, result);
    }
  }
}
