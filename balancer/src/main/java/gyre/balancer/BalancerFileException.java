package gyre.balancer;

import org.jspecify.annotations.Nullable;

/** A configuration can't be used; the message names file, line and key, and what would be right. */
public final class BalancerFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BalancerFileException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
