package gyre.http.sse;

import gyre.io.IoException;

/** Takes events in push style, in a fiber of the loop, one at a time. */
@FunctionalInterface
public interface SseHandler {
  void onEvent(SseEvent event) throws Exception;

  /** The server has said that there are no more, or the client was closed. Called once and last. */
  default void onEnd() throws Exception {}

  /** There will be no more events for another reason. Called once and last. */
  default void onFailure(IoException failure) throws Exception {}
}
