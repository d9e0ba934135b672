package gyre.engine.readiness;

import gyre.engine.Operation;

/**
 * Operations that receive: tried in {@link ReadinessEngine#dispatch}, right before the callback.
 */
abstract class Reads<O extends Operation> extends ChannelRequests<O> {
  final ReadinessEngine engine;

  Reads(ReadinessEngine engine) {
    this.engine = engine;
  }

  @Override
  void start(Channel channel, O operation) {
    channel.readers.add(operation);
    if (channel.readable) {
      engine.enqueue(channel);
    } else {
      engine.awaitReadable(channel);
    }
  }

  @Override
  final void remove(Channel channel, O operation) {
    channel.readers.remove(operation);
  }

  /**
   * One transfer and its callbacks, of which at most {@code budget} may run.
   *
   * @return how many ran
   */
  abstract int transfer(Channel channel, O reader, int budget);

  /** End of stream, an error, or nothing there after all. The number of callbacks that ran. */
  final int nothing(Channel channel, O reader, int result) {
    if (result == ReadinessEngine.EAGAIN) {
      channel.readable = false;
      engine.awaitReadable(channel);
      return 0;
    }
    if (result == ReadinessEngine.EINTR) {
      return 0;
    }
    engine.endReader(channel, reader, result);
    return 1;
  }
}
