package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.engine.ReadFile;
import gyre.sys.Uring;

/**
 * Reads from files, pipes and terminals.
 *
 * <p>A descriptor that was made non-blocking by somebody answers {@code EAGAIN} instead of having
 * the kernel wait: then its readiness is waited for first.
 */
final class FileReads extends Requests<ReadFile> {
  /** In {@code engineBits}: the present request waits for readiness. */
  private static final int WAITING = 1;

  FileReads(Submitter submitter, OperationTable operations) {
    super(submitter, operations);
  }

  @Override
  void start(ReadFile file) {
    file.engineBits = 0;
    super.start(file);
  }

  @Override
  void begin(ReadFile file) {
    if (file.engineBits == WAITING) {
      int ignored =
          submitter.emit(
              SubmissionQueue.control(Uring.OP_POLL_ADD, 0, 0, file.descriptor),
              0,
              0,
              (long) Poll.READABLE << 32,
              file.tag);
      return;
    }
    int ignored =
        submitter.emit(
            SubmissionQueue.control(Uring.OP_READ, 0, 0, file.descriptor),
            file.offset,
            file.address,
            file.length,
            file.tag);
  }

  @Override
  void complete(ReadFile file, int result, int flags) {
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
