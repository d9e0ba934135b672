package gyre.process;

import gyre.engine.Errno;
import gyre.engine.Spawn;

/** What to do where a command cannot be started, by what failed and how. */
final class StartAdvice {
  private StartAdvice() {}

  static String of(Command command, Spawn.Part failed, int result) {
    String shortage = ofShortage(result);
    if (!shortage.isEmpty()) {
      return shortage;
    }
    return switch (failed) {
      case COMMAND -> ofCommand(command, result);
      case DIRECTORY -> ofDirectory(command, result);
      case INPUT -> ofFile("input", command.stdin(), result);
      case OUTPUT -> ofFile("output", command.stdout(), result);
      case ERRORS -> ofFile("errors", command.stderr(), result);
    };
  }

  /** Of what is used up, or not offered at all; empty for everything else. */
  static String ofShortage(int result) {
    return switch (Errno.of(result)) {
      case EMFILE ->
          "this program may open no more descriptors: raise the limit with ulimit -n, or run fewer"
              + " commands at a time";
      case ENFILE ->
          "the whole system has no descriptors left: raise fs.file-max with sysctl, or end who"
              + " holds them";
      case EAGAIN -> "too many processes: raise the limit with ulimit -u, or run fewer at a time";
      case ENOMEM ->
          "the system or the container has no memory for one more process: give it more, or run"
              + " fewer at a time";
      case EOPNOTSUPP ->
          "this engine cannot: use io_uring or epoll on Linux, or java.lang.ProcessBuilder";
      case null, default -> "";
    };
  }

  private static String ofCommand(Command command, int result) {
    String program = command.program();
    if (command.endsWithParent() && result == Errno.ENOENT.negated()) {
      return "no directory of PATH has setpriv, which endWithParent needs: install util-linux";
    }
    return switch (Errno.of(result)) {
      case ENOENT ->
          program.contains("/")
              ? "there is no " + program + ", or the interpreter in its first line is missing"
              : "no directory of PATH has such a command";
      case EACCES ->
          "it is not executable, or on a file system that is mounted noexec: look at its"
              + " permissions, chmod +x";
      case ENOTDIR -> "a part of " + program + " that should be a directory is a file";
      case ENOEXEC -> "it is no program for this machine, and no script with #! in its first line";
      case E2BIG ->
          "its arguments and environment are too long, one of more than 128 KiB or all of them:"
              + " give it that by its input or by a file";
      case ETXTBSY -> "somebody is still writing the program: close it before";
      case null, default -> "";
    };
  }

  private static String ofDirectory(Command command, int result) {
    String directory = "the directory to run it in, " + command.directory() + ", ";
    return switch (Errno.of(result)) {
      case ENOENT -> directory + "does not exist: create it before";
      case ENOTDIR -> directory + "is no directory";
      case EACCES -> directory + "may not be entered: look at its permissions, and those above it";
      case ENOSYS ->
          "this C library cannot start a program in another directory: have a shell change to it,"
              + " with Command.shell";
      case null, default -> "the directory to run it in is " + command.directory();
    };
  }

  private static String ofFile(String what, Stdio file, int result) {
    String subject = "the file for its " + what + ", " + file + ", ";
    return switch (Errno.of(result)) {
      case ENOENT -> subject + "does not exist, or the directory that it is in";
      case EACCES -> subject + "may not be opened: look at its permissions, and those above it";
      case EISDIR -> subject + "is a directory";
      case ENXIO -> subject + "is a FIFO that nobody reads from";
      case null, default -> "the file for its " + what + " is " + file;
    };
  }
}
