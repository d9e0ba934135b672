package gyre.process;

import gyre.engine.Errno;
import gyre.engine.Spawn;
import gyre.io.IoException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
  private transient @Nullable CommandOutput output;

  private ProcessException(
      String operation, String subject, String reason, int errno, boolean isTimeout) {
    super(operation, subject, reason, errno);
    this.isTimeout = isTimeout;
  }

  private static ProcessException of(String operation, String subject, int result, String advice) {
    int errno = Math.abs(result);
    return new ProcessException(operation, subject, reason(errno, advice), errno, false);
  }

  /** Something on the way to the program failed: its pipes, the watch of it. */
  static ProcessException ofStart(Command command, int result) {
    return of("run", command.toString(), result, StartAdvice.ofShortage(result));
  }

  static ProcessException ofStart(Command command, Spawn spawn, int result) {
    return of("run", command.toString(), result, StartAdvice.of(command, spawn.failed, result));
  }

  static ProcessException ofZero(Command command) {
    return of(
        "run",
        command.toString(),
        Errno.EINVAL.negated(),
        "arguments and environment must not contain the character 0");
  }

  static ProcessException ofSignal(OsSignal signal, String subject, int result) {
    String advice =
        result == Errno.EPERM.negated()
            ? "it runs as another user now: only that user and root may send it signals"
            : "";
    return of("send " + signal + " to", subject, result, advice);
  }

  static ProcessException ofTerminalSize(String subject, int result) {
    return of("set the size of the terminal of", subject, result, "");
  }

  /** It has ended, and the kernel does not say how. */
  static ProcessException ofLostExit(String subject, int result) {
    String advice =
        result == Errno.ECHILD.negated()
            ? "it has ended, and how is not known: something else in this program has waited for"
                + " it (native code that calls waitpid(-1)), or this program was started with"
                + " SIGCHLD ignored (by trap '' CHLD in a shell)"
            : "";
    return of("wait for the end of", subject, result, advice);
  }

  static ProcessException tooLate(Command command) {
    String reason = "had not ended after " + command.timeout() + ", and was ended";
    return new ProcessException("run", command.toString(), reason, 0, true);
  }

  /** What {@link Command#run} had collected when this happened; empty of {@link Command#start}. */
  public Optional<CommandOutput> output() {
    return Optional.ofNullable(output);
  }

  void collected(CommandOutput collected) {
    output = collected;
  }

  @Override
  public boolean isTimeout() {
    return isTimeout;
  }
}
