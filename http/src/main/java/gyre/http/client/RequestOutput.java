package gyre.http.client;

import gyre.io.ByteSink;

/** The body of a request on its way out. Writing parks while the server is slow. */
public interface RequestOutput extends ByteSink {
  /**
   * Adds a field behind a body of unknown length.
   *
   * @throws IllegalArgumentException for fields that belong into the head, or where the length of
   *     the body was said
   */
  void trailer(String name, String value);
}
