package gyre.queue;

import org.jspecify.annotations.Nullable;

/**
 * Something about the queue itself could not be done: its directory, its configuration, a second
 * worker. The message names the operation, what it was about, the reason, and what to do.
 */
public final class QueueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueueException(String message) {
    super(message);
  }

  public QueueException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** {@code write /q/pending/05_1.json: NoSuchFileException}, with the words of the system. */
  static QueueException of(String operation, Object subject, Throwable cause) {
    return new QueueException(operation + " " + subject + ": " + reason(cause), cause);
  }

  /** What an exception of the JDK means, since many of its messages are a path alone. */
  static String reason(Throwable cause) {
    return switch (cause) {
      case java.nio.file.NoSuchFileException e -> "ENOENT (no such file or directory)";
      case java.nio.file.AccessDeniedException e ->
          "EACCES (permission denied): give the user of this process the rights to it";
      case java.nio.file.FileAlreadyExistsException e -> "EEXIST (something of that name is there)";
      case java.nio.file.FileSystemException e when e.getReason() != null ->
          String.valueOf(e.getReason());
      default -> {
        String message = cause.getMessage();
        yield message == null ? cause.getClass().getSimpleName() : message;
      }
    };
  }
}
