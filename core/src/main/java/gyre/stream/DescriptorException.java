package gyre.stream;

import gyre.engine.Errno;
import gyre.io.IoException;

/** A pipe, a FIFO, a terminal or a process failed. Users know it as an {@link IoException}. */
public final class DescriptorException extends IoException {
  private static final long serialVersionUID = 1L;

  private final boolean isTimeout;

  private DescriptorException(
      String operation, String subject, String reason, int errno, boolean isTimeout) {
    super(operation, subject, reason, errno);
    this.isTimeout = isTimeout;
  }

  /**
   * What the kernel answered.
   *
   * @param result a negative errno
   */
  public static DescriptorException of(String operation, String subject, int result) {
    return of(operation, subject, result, advice(result));
  }

  public static DescriptorException of(
      String operation, String subject, int result, String advice) {
    int errno = Math.abs(result);
    return new DescriptorException(operation, subject, reason(errno, advice), errno, false);
  }

  public static DescriptorException tooLate(String operation, String subject, String reason) {
    return new DescriptorException(operation, subject, reason, 0, true);
  }

  /** Of a failure that no system call has reported. */
  public static DescriptorException of(String operation, String subject, String reason) {
    return new DescriptorException(operation, subject, reason, 0, false);
  }

  private static String advice(int result) {
    if (result == Errno.EPIPE.negated()) {
      return "nobody reads from it any more";
    }
    if (result == Errno.EOPNOTSUPP.negated()) {
      return "this engine has no pipes and processes: use io_uring or epoll, on Linux";
    }
    if (result == Errno.EMFILE.negated()) {
      return "raise the limit with ulimit -n, or close what is not needed any more";
    }
    if (result == Errno.ENOMEM.negated()) {
      return "the loop's memory is used up: let its streams drain, or raise its limit";
    }
    return "";
  }

  @Override
  public boolean isTimeout() {
    return isTimeout;
  }
}
