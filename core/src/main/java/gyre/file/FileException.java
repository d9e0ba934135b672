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

  /** What to do; empty where the error says it all. */
  private static String advice(int result) {
    return switch (Errno.of(result)) {
      case EACCES -> "look at the permissions of the file and of the directories above it";
      case EPERM -> "only the owner of a file, or root, may do that, and no one if it is immutable";
      case EROFS -> "the file system is mounted read-only: write elsewhere, or have it remounted";
      case ENOSPC, EDQUOT ->
          "make room on the file system, and write it again from where it was whole";
      case EINVAL ->
          "a direct file takes memory of File.alignedBuffer, and offsets and lengths that are"
              + " multiples of it; not every file system has direct and temporary files";
      case EMFILE -> "raise the limit with ulimit -n, or close what is not needed any more";
      case ENFILE -> "raise the limit of the whole system, by sysctl fs.file-max";
      case EOPNOTSUPP ->
          "not every engine and file system has it: on Linux use the io_uring or epoll engine";
      case EXDEV -> "the path leaves the directory or its file system: copy instead of renaming";
      case ELOOP -> "symbolic links lead in a circle, or one is in a place where none is followed";
      case EISDIR -> "it is a directory: use Directory, or Files.list";
      case ENOTDIR -> "a name on the path is that of something else: only directories have more";
      case ENAMETOOLONG -> "most file systems take names of up to 255 bytes, and paths of 4095";
      case ENOTEMPTY -> "delete what is in it before, or all together by Files.deleteTree";
      case ENOLCK -> "the system has no more locks to give: hold fewer at a time";
      case ESPIPE, ENXIO -> "it is a pipe, a socket or a device and no file: open it as what it is";
      case EAGAIN -> "too many operations on files wait already: do fewer at a time";
      case ENOMEM -> "the loop's memory is used up: let what it holds drain, or raise its limit";
      case EIO -> "the device failed: what was written since the last sync may be lost";
      case null, default -> "";
    };
  }
}
