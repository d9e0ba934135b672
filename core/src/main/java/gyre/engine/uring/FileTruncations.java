package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.TruncateFile;
import gyre.sys.Uring;

/** Changes the size of files. */
final class FileTruncations extends Requests<TruncateFile> {
  FileTruncations(Submitter submitter, OperationTable operations) {
    super(submitter, operations);
  }

  @Override
  void begin(TruncateFile file) {
    long control = SubmissionQueue.control(Uring.OP_FTRUNCATE, 0, 0, file.descriptor);
    int ignored = submitter.emit(control, file.sizeBytes, 0, 0, file.tag);
  }

  @Override
  void complete(TruncateFile file, int result, int flags) {
    if (result == Errno.EINTR.negated()) {
      again(file);
    } else {
      operations.finish(file, result);
    }
  }
}
