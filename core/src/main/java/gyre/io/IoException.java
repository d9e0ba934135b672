package gyre.io;

import gyre.RemoteFailure;
import gyre.engine.Errno;

/**
 * Something that reaches beyond the program failed: a socket, a pipe, a file. The message has the
 * form {@code operation subject: reason}, with what to do at its end where that is known:
 *
 * <pre>
 * listen on 127.0.0.1:80: EACCES (permission denied): ports below 1024 take more rights
 * read from tcp-stream-7 (192.0.2.1:40112): ECONNRESET (connection reset by peer)
 * </pre>
 *
 * <p>It is unchecked: whoever calls a stream far down the stack mostly has nothing to add to it.
 */
public class IoException extends RuntimeException implements RemoteFailure {
  private static final long serialVersionUID = 1L;

  private final String operation;
  private final String subject;
  private final int errno;
  private boolean remote;

  /**
   * @param operation what was tried, as a verb: {@code connect to}
   * @param subject what it was tried with: a name, an address, a path
   * @param errno 0 where the kernel reported none
   */
  protected IoException(String operation, String subject, String reason, int errno) {
    super(operation + " " + subject + ": " + reason);
    this.operation = operation;
    this.subject = subject;
    this.errno = errno;
  }

  /**
   * The reason that an error of the kernel is.
   *
   * @param errno positive or, as results are, negative
   * @param advice what to do; may be empty
   */
  protected static String reason(int errno, String advice) {
    String error = Errno.describe(errno);
    return advice.isEmpty() ? error : error + ": " + advice;
  }

  /**
   * The number of the error as Linux counts, on every platform; 0 where the kernel reported none.
   */
  public final int errno() {
    return errno;
  }

  /** What was tried, for example {@code read from}. */
  public final String operation() {
    return operation;
  }

  /** What it was tried with: the name of a stream, an address, a path. */
  public final String subject() {
    return subject;
  }

  /** Whether something took longer than its limit allows. */
  public boolean isTimeout() {
    return false;
  }

  /**
   * Whether a remote peer caused it, with a connection that stood. A connection that could not be
   * made is the business of who asked for it.
   */
  @Override
  public final boolean isRemote() {
    return remote;
  }

  /** For kinds of streams: a remote peer caused it. See {@link ByteSource#byPeer}. */
  public final void markRemote() {
    remote = true;
  }
}
