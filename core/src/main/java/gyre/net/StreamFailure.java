package gyre.net;

/**
 * What the connection broke of. Each who asks gets an exception that shows where they stood.
 *
 * @param reason of what no system call has told
 */
record StreamFailure(String operation, String subject, String reason, int result) {
  static final int TOO_LATE = 0;
  static final int SHED = 1;

  NetworkException toException() {
    NetworkException failure =
        switch (result) {
          case TOO_LATE -> new NetworkTimeoutException(operation, subject, reason);
          case SHED -> new MemoryShedException(subject, reason);
          default -> NetworkException.of(operation, subject, result);
        };
    if (isRemote()) {
      failure.markRemote();
    }
    return failure;
  }

  boolean isRemote() {
    return result == TOO_LATE || result == SHED || NetworkException.isOfThePeer(result);
  }
}
