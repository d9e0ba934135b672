package gyre.http;

import gyre.io.ByteSink;

/**
 * The body of an answer that is sent in pieces. In a fiber writing parks while the peer is slow. In
 * push style it can't: there {@link #isWritable} tells whether there is room, and {@link
 * #onWritable} when there is; what is written beyond is taken up to the stream's second limit, and
 * then refused with {@link gyre.io.OutputFullException}, as is what the loop has no memory for:
 * nothing of it was taken then, and it is to be written once more when there is room. A piece that
 * alone is longer than that limit is never taken: write smaller ones. A queue is moved and not
 * copied, so one that is written where {@link #isWritable} is true is taken whatever its length.
 * Where the handler fails in the middle the connection is reset, so that the peer takes no part for
 * the whole.
 */
public interface ResponseBody extends ByteSink, AutoCloseable {
  /**
   * Adds a field behind the body, for peers that take such: others are not sent it.
   *
   * @throws IllegalArgumentException for fields that belong into the head
   */
  void trailer(String name, String value);

  /**
   * Whether there is room for some 16 KiB: a write would not park. False for good once the peer has
   * left.
   */
  boolean isWritable();

  /**
   * In push style: has {@code handler} called whenever there is room, for the first time now. The
   * answer is deferred by that ({@link Response#defer}), and ends when the body is closed.
   *
   * @throws IllegalStateException in a fiber, where writing parks instead
   */
  void onWritable(WritableHandler handler);

  /**
   * The body is complete; its end goes out as soon as there is room. Inside of a handler's call it
   * does not before the handler returns: a handler that fails after it, as in {@code try
   * (ResponseBody out = response.stream())}, has its connection reset all the same.
   *
   * @throws IllegalStateException if there are fewer bytes than were announced
   */
  @Override
  void close();
}
