package gyre.process;

import gyre.engine.Errno;
import gyre.engine.Spawn;
import gyre.io.IoException;

/**
 * A command could not be run, or took too long. The message names the command, the error and what
 * to do:
 *
 * <pre>
 * run gti status: ENOENT (no such file or directory): no directory of PATH has such a command
 * </pre>
 */
public final class ProcessException extends IoException {
  private static final long serialVersionUID = 1L;

  private final boolean isTimeout;

  private ProcessException(
      String operation, String subject, String reason, int errno, boolean isTimeout) {
    super(operation, subject, reason, errno);
    this.isTimeout = isTimeout;
  }

  static ProcessException of(String operation, String command, int result) {
    return of(operation, command, result, advice(result));
  }

  private static ProcessException of(String operation, String command, int result, String advice) {
    int errno = Math.abs(result);
    return new ProcessException(operation, command, reason(errno, advice), errno, false);
  }

  static ProcessException ofStart(Command command, Spawn spawn, int result) {
    return of("run", command.toString(), result, startAdvice(command, spawn.failed, result));
  }

  static ProcessException tooLate(Command command) {
    String reason = "had not ended after " + command.timeout() + ", and was ended";
    return new ProcessException("run", command.toString(), reason, 0, true);
  }

  private static String startAdvice(Command command, Spawn.Part failed, int result) {
    return switch (failed) {
      case DIRECTORY -> "the directory to run it in is " + command.directory();
      case INPUT -> "the file for its input is " + command.stdin();
      case OUTPUT -> "the file for its output is " + command.stdout();
      case ERRORS -> "the file for its errors is " + command.stderr();
      case COMMAND -> commandAdvice(command, result);
    };
  }

  private static String commandAdvice(Command command, int result) {
    if (result == Errno.ENOENT.negated()) {
      String program = command.program();
      return program.contains("/")
          ? "there is no " + program + ", or the interpreter in its first line is missing"
          : "no directory of PATH has such a command";
    }
    if (result == Errno.EACCES.negated()) {
      return "it is not executable: look at its permissions, chmod +x";
    }
    if (result == Errno.ENOEXEC.negated()) {
      return "it is no program for this machine, and no script with #! in its first line";
    }
    if (result == Errno.E2BIG.negated()) {
      return "give it long arguments by its input or by a file";
    }
    return advice(result);
  }

  private static String advice(int result) {
    if (result == Errno.EMFILE.negated()) {
      return "raise the limit with ulimit -n, or run fewer commands at a time";
    }
    if (result == Errno.EAGAIN.negated()) {
      return "too many processes: raise the limit with ulimit -u, or run fewer at a time";
    }
    if (result == Errno.EOPNOTSUPP.negated()) {
      return "this engine cannot: use io_uring or epoll on Linux, or java.lang.ProcessBuilder";
    }
    if (result == Errno.EINVAL.negated()) {
      return "arguments and environment must not contain the character 0";
    }
    return "";
  }

  @Override
  public boolean isTimeout() {
    return isTimeout;
  }
}
