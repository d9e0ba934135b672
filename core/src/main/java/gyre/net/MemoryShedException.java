package gyre.net;

/**
 * The stream was reset to free memory: what it held had not moved for long, while others waited for
 * memory. See {@code docs/guide/limits.md}.
 */
public final class MemoryShedException extends NetworkException {
  private static final long serialVersionUID = 1L;

  MemoryShedException(String subject, String reason) {
    super("keep", subject, reason, 0);
  }
}
