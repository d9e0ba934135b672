package gyre.terminal;

import gyre.engine.Errno;
import gyre.io.IoException;

/** A terminal could not be opened, set, read or written. */
public final class TerminalException extends IoException {
  private static final long serialVersionUID = 1L;

  private TerminalException(String operation, String subject, String reason, int errno) {
    super(operation, subject, reason, errno);
  }

  static TerminalException of(String operation, String subject, String reason) {
    return new TerminalException(operation, subject, reason, 0);
  }

  /**
   * @param result a negative errno
   */
  static TerminalException of(String operation, String subject, int result) {
    return new TerminalException(operation, subject, reasonOf(result), Math.abs(result));
  }

  static String reasonOf(int result) {
    int errno = Math.abs(result);
    return reason(errno, advice(errno));
  }

  private static String advice(int errno) {
    if (errno == Errno.EIO.number()) {
      return "the terminal has gone away, or this program is in the background";
    }
    if (errno == Errno.ENXIO.number()) {
      return "this program has no controlling terminal: run it in one, or without one as a pipe";
    }
    if (errno == Errno.EACCES.number()) {
      return "the terminal belongs to another user: after su, start a new one by script or tmux";
    }
    if (errno == Errno.EBUSY.number()) {
      return "this program has it open as a Terminal already: use that one, or close it before";
    }
    if (errno == Errno.EMFILE.number()) {
      return "raise the limit with ulimit -n";
    }
    return "";
  }
}
