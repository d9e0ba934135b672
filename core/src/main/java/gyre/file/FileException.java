package gyre.file;

import gyre.engine.Errno;
import gyre.io.IoException;

/**
 * Something could not be done with a file. The message names what was tried, the path, the error
 * and what to do:
 *
 * <pre>
 * open /etc/shadow: EACCES (permission denied): look at the permissions of the file and of the directories above it
 * </pre>
 */
public final class FileException extends IoException {
  private static final long serialVersionUID = 1L;

  private FileException(String operation, String subject, String reason, int errno) {
    super(operation, subject, reason, errno);
  }

  /**
   * @param result a negative errno
   */
  static FileException of(String operation, String subject, int result) {
    int errno = Math.abs(result);
    return new FileException(operation, subject, reason(errno, advice(result)), errno);
  }

  /** Of a failure that no system call has reported. */
  static FileException of(String operation, String subject, String reason) {
    return new FileException(operation, subject, reason, 0);
  }

  /** Whether there is nothing of that name. */
  public boolean isMissing() {
    return errno() == Errno.ENOENT.number();
  }

  /** Whether there is something of that name already. */
  public boolean isExisting() {
    return errno() == Errno.EEXIST.number();
  }

  private static boolean is(int result, Errno errno) {
    return result == errno.negated();
  }

  private static String advice(int result) {
    if (is(result, Errno.EACCES)) {
      return "look at the permissions of the file and of the directories above it";
    }
    if (is(result, Errno.ENOSPC) || is(result, Errno.EDQUOT)) {
      return "make room on the file system, and write it again from where it was whole";
    }
    if (is(result, Errno.EINVAL)) {
      return "a direct file takes memory of File.alignedBuffer, and offsets and lengths that are"
          + " multiples of it; not every file system has direct and temporary files";
    }
    if (is(result, Errno.EMFILE)) {
      return "raise the limit with ulimit -n, or close what is not needed any more";
    }
    if (is(result, Errno.EOPNOTSUPP)) {
      return "not every engine and file system has it: on Linux use the io_uring or epoll engine";
    }
    if (is(result, Errno.EXDEV)) {
      return "the path leaves the directory or its file system: copy instead of renaming";
    }
    if (is(result, Errno.ELOOP)) {
      return "a symbolic link is in a place where none is followed";
    }
    if (is(result, Errno.ESPIPE) || is(result, Errno.ENXIO)) {
      return "it is a pipe, a socket or a device and no file: open it as what it is";
    }
    if (is(result, Errno.EAGAIN)) {
      return "too many operations on files wait already: do fewer at a time";
    }
    if (is(result, Errno.ENOMEM)) {
      return "the loop's memory is used up: let what it holds drain, or raise its limit";
    }
    if (is(result, Errno.EIO)) {
      return "the device failed: what was written since the last sync may be lost";
    }
    return "";
  }
}
