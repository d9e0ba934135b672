package gyre.io;

/**
 * Takes what a stream receives, in push style. All methods run in a fiber of the loop, one at a
 * time for each stream. What they throw closes the stream and is reported with its name.
 */
@FunctionalInterface
public interface DataHandler {
  /**
   * Bytes have arrived. They are lent for the time of the call; what is not consumed stays, and is
   * shown again together with what arrives next.
   *
   * <p>Is not called while more than the stream's high-water mark waits to be sent, so that a
   * handler that answers what it gets needs no thought of slow peers; see {@link #isAnswering}.
   */
  void onData(ByteQueue in) throws Exception;

  /**
   * Whether it answers what it gets, so that it gets nothing, and no end either, while too much of
   * its stream's own output waits. False for who passes on to another stream: there the two
   * directions have nothing to do with each other, and a peer that reads slowly may go on sending.
   * Always the same for one handler.
   */
  default boolean isAnswering() {
    return true;
  }

  /**
   * The other side has finished sending. By default the stream is closed once its output is sent.
   */
  default void onEnd(ByteStream stream) throws Exception {
    stream.close();
  }

  /**
   * The stream broke: reset, timeout. It is closed afterwards, whatever happens here. By default
   * nothing else happens: that peers vanish is normal.
   */
  default void onFailure(ByteStream stream, IoException failure) throws Exception {}

  /**
   * The stream closes, for whatever reason: the peer, this side, a handler that threw, the end of
   * its scope. Called once and last, unless a shutdown has to use force, so this is the place to
   * forget the connection. What was written may still be under way.
   */
  default void onClosed(ByteStream stream) throws Exception {}

  /**
   * The server or the loop of the stream is ending, and nothing is under way on it. By default it
   * is closed. A layer that has to say goodbye to its peer does so here, and closes the stream
   * then. Nothing more is received.
   */
  default void onIdleEnd(ByteStream stream) throws Exception {
    stream.close();
  }

  /** Output that was above the high-water mark has drained. */
  default void onDrained(ByteStream stream) throws Exception {}
}
