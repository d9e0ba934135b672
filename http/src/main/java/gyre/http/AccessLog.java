package gyre.http;

/**
 * Is told of each answer when it is complete. It is called on the loop, in the middle of its work:
 * it must neither wait nor throw. What it takes of request and response it has to copy.
 */
@FunctionalInterface
public interface AccessLog {
  /**
   * An answer is complete.
   *
   * @param response with its status and the bytes of its body
   * @param durationNanos since the head was there, as the loop's clock counts: zero within a turn
   */
  void answered(Request request, Response response, long durationNanos);
}
