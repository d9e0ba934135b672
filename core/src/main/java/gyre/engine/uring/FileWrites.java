package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.engine.WriteFile;
import gyre.sys.Uring;

/**
 * Writes to files, pipes and terminals.
 *
 * <p>A descriptor that was made non-blocking by somebody answers {@code EAGAIN} instead of having
 * the kernel wait: then its readiness is waited for first.
 */
final class FileWrites extends Requests<WriteFile> {
  /** In {@code engineBits}: the present request waits for readiness. */
  private static final int WAITING = 1;

  FileWrites(Submitter submitter, OperationTable operations) {
    super(submitter, operations);
  }

  @Override
  void start(WriteFile file) {
    file.engineBits = 0;
    super.start(file);
  }

  @Override
  void begin(WriteFile file) {
    if (file.engineBits == WAITING) {
      int ignored =
          submitter.emit(
              SubmissionQueue.control(Uring.OP_POLL_ADD, 0, 0, file.descriptor),
              0,
              0,
              (long) Poll.WRITABLE << 32,
              file.tag);
      return;
    }
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_WRITE, 0, 0, file.descriptor),
            file.offset,
            file.address,
            file.length,
            file.tag);
  }

  @Override
  void complete(WriteFile file, int result, int flags) {
    if (file.engineBits == WAITING && result >= 0) {
      file.engineBits = 0;
      again(file);
    } else if (result == Errno.EAGAIN.negated()) {
      file.engineBits = WAITING;
      again(file);
    } else if (result == Errno.EINTR.negated()) {
      again(file);
    } else {
      operations.finish(file, result);
    }
  }
}
