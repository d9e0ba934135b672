package gyre.http;

/** Sends a body piece by piece in push style: see {@link ResponseBody#onWritable}. */
@FunctionalInterface
public interface WritableHandler {
  /**
   * There is room: write until {@link ResponseBody#isWritable} is false, or close the body. What
   * this throws resets the connection, so that the peer takes no part for the whole.
   */
  void onWritable(ResponseBody out) throws Exception;

  /**
   * Nothing more is sent: the body was closed, or the peer has left. Called once and last, to give
   * back what the body was made of.
   */
  default void onClosed() {}
}
