package gyre.engine.readiness;

import gyre.engine.Operation;

/**
 * Operations that send or connect: tried in {@link ReadinessEngine#await}, since they must reach
 * the kernel then.
 */
abstract class Writes<O extends Operation> extends ChannelRequests<O> {
  final ReadinessEngine engine;

  Writes(ReadinessEngine engine) {
    this.engine = engine;
  }

  @Override
  void start(Channel channel, O operation) {
    channel.writers.add(operation);
    if (channel.writable && channel.writers.isFirst(operation)) {
      engine.write(channel);
    }
  }

  @Override
  final void remove(Channel channel, O operation) {
    channel.writers.remove(operation);
  }

  /** The result, or {@code -EAGAIN} to be tried again when the channel is writable. */
  abstract int attempt(Channel channel, O operation);
}
