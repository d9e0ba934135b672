package gyre.http;

import gyre.io.ByteSink;

/**
 * The body of an answer that is sent in pieces. Writing parks while the peer is slow. Where the
 * handler fails in the middle the connection is reset, so that the peer takes no part for the
 * whole.
 */
public interface ResponseBody extends ByteSink, AutoCloseable {
  /**
   * Adds a field behind the body, for peers that take such: others are not sent it.
   *
   * @throws IllegalArgumentException for fields that belong into the head
   */
  void trailer(String name, String value);

  /** The body is complete. */
  @Override
  void close();
}
