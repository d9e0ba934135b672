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
    return switch (Errno.of(result)) {
      case EPIPE -> "nobody reads from it any more";
      case EOPNOTSUPP ->
          "this engine has no pipes, terminals and processes: use io_uring or epoll, on Linux";
      case EMFILE ->
          "this program may open no more descriptors: raise the limit with ulimit -n, or close what"
              + " is not needed any more";
      case ENFILE ->
          "the whole system has no descriptors left: raise fs.file-max with sysctl, or end who"
              + " holds them";
      case ENOMEM -> "the system, or the container, has no memory for it: give it more";
      case ENOSPC -> "delete something there, or write elsewhere";
      case EINVAL -> "what the descriptor stands for cannot be read or written as a stream";
      case EIO -> "the terminal has gone away, or the device is broken";
      case null, default -> "";
    };
  }

  @Override
  public boolean isTimeout() {
    return isTimeout;
  }
}
