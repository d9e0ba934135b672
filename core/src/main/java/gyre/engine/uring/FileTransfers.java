package gyre.engine.uring;

import gyre.engine.Errno;
import gyre.engine.FileTransfer;
import gyre.engine.Poll;
import gyre.sys.Uring;

/**
 * Reads from files, pipes and terminals, or writes to them.
 *
 * <p>A descriptor that was made non-blocking by somebody answers {@code EAGAIN} instead of having
 * the kernel wait: then its readiness is waited for first.
 */
final class FileTransfers extends Requests<FileTransfer> {
  /** In {@code engineBits}: the present request waits for readiness. */
  private static final int WAITING = 1;

  private final int request;
  private final int vectorRequest;
  private final int readiness;

  private FileTransfers(
      Submitter submitter,
      OperationTable operations,
      int request,
      int vectorRequest,
      int readiness) {
    super(submitter, operations);
    this.request = request;
    this.vectorRequest = vectorRequest;
    this.readiness = readiness;
  }

  static FileTransfers reads(Submitter submitter, OperationTable operations) {
    return new FileTransfers(submitter, operations, Uring.OP_READ, Uring.OP_READV, Poll.READABLE);
  }

  static FileTransfers writes(Submitter submitter, OperationTable operations) {
    return new FileTransfers(submitter, operations, Uring.OP_WRITE, Uring.OP_WRITEV, Poll.WRITABLE);
  }

  @Override
  void start(FileTransfer file) {
    file.engineBits = 0;
    super.start(file);
  }

  @Override
  void begin(FileTransfer file) {
    if (file.engineBits == WAITING) {
      int ignored =
          submitter.emit(
              SubmissionQueue.control(Uring.OP_POLL_ADD, 0, 0, file.descriptor),
              0,
              0,
              (long) readiness << 32,
              file.tag);
      return;
    }
    int ignored =
        submitter.emit(
            SubmissionQueue.control(file.isVector ? vectorRequest : request, 0, 0, file.descriptor),
            file.offset,
            file.address,
            file.length,
            file.tag);
  }

  @Override
  void complete(FileTransfer file, int result, int flags) {
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
