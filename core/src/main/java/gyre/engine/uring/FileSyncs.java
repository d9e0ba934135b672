package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.SyncFile;
import gyre.sys.Uring;

/** Waits until files are on the device. */
final class FileSyncs extends Requests<SyncFile> {
  FileSyncs(Submitter submitter, OperationTable operations) {
    super(submitter, operations);
  }

  @Override
  void begin(SyncFile file) {
    long flags = file.dataOnly ? (long) Uring.FSYNC_DATASYNC << 32 : 0;
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_FSYNC, 0, 0, file.descriptor), 0, 0, flags, file.tag);
  }

  @Override
  void complete(SyncFile file, int result, int flags) {
    if (result == Errno.EINTR.negated()) {
      again(file);
    } else {
      operations.finish(file, result);
    }
  }
}
