package gyre.http;

import gyre.io.ByteQueue;

/**
 * Takes the body of a request as it comes, in push style: see {@link RequestBody#onData}. All
 * methods run on the loop, one at a time. What they throw is answered as what a handler throws.
 */
@FunctionalInterface
public interface BodyHandler {
  /**
   * Bytes have arrived. They are lent for the time of the call. What is not consumed stays, and is
   * shown again together with what arrives next; a handler that leaves all that a body may hold
   * ({@link RequestBody#awaitLimitBytes}) has to {@link RequestBody#pause} it.
   */
  void onData(ByteQueue in) throws Exception;

  /** All of it was shown. An answer that was not sent before is due from now on. */
  default void onEnd() throws Exception {}

  /**
   * The rest does not come: it is malformed, too large, too slow, or the peer has left. Nothing can
   * be answered any more; this is the place to give up what was begun.
   */
  default void onFailure(BodyException failure) {}
}
