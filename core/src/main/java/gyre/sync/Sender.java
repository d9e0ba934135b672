package gyre.sync;

import gyre.CancelledException;

/**
 * The side of a channel that sends, for code that is to do nothing else with it. Threads, fairness
 * and cost are those of the channel. A send that is cancelled while it waits has sent nothing; once
 * the channel is closed each send is refused.
 */
public sealed interface Sender<T> permits Channel, SharedChannel {
  /**
   * Sends {@code item}, and waits while there is no room. Those who wait are served in the order in
   * which they came.
   *
   * <p>Cancellation safety: a sender that is cancelled while it waits has sent nothing. One whose
   * item was taken returns, and its next wait tells of the cancellation.
   *
   * @throws ChannelClosedException if it is closed, or is closed meanwhile; the item was not sent
   * @throws CancelledException if the calling fiber is cancelled; the item was not sent
   */
  void send(T item);

  /** Sends {@code item} if that needs no waiting. */
  Sent trySend(T item);

  /**
   * Nothing more will be sent. Receivers get what is there, and then the end; senders that wait are
   * refused. Has no effect the second time.
   */
  void close();

  /** As {@link #close()}, with the reason, which receivers get after what is there. */
  void close(Throwable reason);

  boolean isClosed();
}
