package gyre.sync;

import gyre.CancelledException;
import java.util.Iterator;

/**
 * The side of a channel that receives, for code that is to do nothing else with it. Threads,
 * fairness and cost are those of the channel. A receive that is cancelled while it waits has taken
 * nothing; after the channel was closed receivers get what is left, and then the end.
 *
 * <pre>{@code
 * for (Order order : orders) {   // ends when the channel is closed and empty
 *   handle(order);
 * }
 * }</pre>
 */
public sealed interface Receiver<T> extends Iterable<T> permits Channel, SharedChannel {
  /**
   * The next item, or the end; waits while there is neither. Those who wait are served in the order
   * in which they came.
   *
   * <p>Cancellation safety: a receiver that is cancelled while it waits has taken nothing. One that
   * was given an item returns it, and its next wait tells of the cancellation.
   *
   * @throws CancelledException if the calling fiber is cancelled; nothing was received
   */
  Received<T> receive();

  /** What {@link #receive} would give without waiting. */
  TryReceived<T> tryReceive();

  /**
   * As {@link #receive}, for those to whom the end is a failure. Allocates nothing.
   *
   * @throws ChannelClosedException at the end
   * @throws CancelledException if the calling fiber is cancelled; nothing was received
   */
  T take();

  /**
   * Receives until the end. {@link Iterator#hasNext} waits. If the channel was closed with a
   * reason, it throws {@link ChannelClosedException} at the end.
   */
  @Override
  Iterator<T> iterator();

  /** How many items wait to be received. */
  int size();
}
