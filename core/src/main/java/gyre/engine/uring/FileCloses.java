package gyre.engine.uring;

import gyre.engine.CloseFile;
import gyre.sys.Uring;

/** Closes files. */
final class FileCloses extends Requests<CloseFile> {
  FileCloses(Submitter submitter, OperationTable operations) {
    super(submitter, operations);
  }

  @Override
  void begin(CloseFile file) {
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_CLOSE, 0, 0, file.descriptor), 0, 0, 0, file.tag);
  }

  @Override
  void complete(CloseFile file, int result, int flags) {
    operations.finish(file, result);
  }
}
