package gyre.engine.readiness;

import gyre.engine.Block;
import gyre.engine.Receive;
import org.jspecify.annotations.Nullable;

/** Receives from streams. */
final class StreamReads extends Reads<Receive> {
  /** A stream that receives less than this at a time is not a bulk transfer any more. */
  private static final int BULK_BYTES = 4096;

  private final Reading reading;

  StreamReads(ReadinessEngine engine, Reading reading) {
    super(engine);
    this.reading = reading;
  }

  @Override
  int transfer(Channel channel, Receive reader, int budget) {
    int allowance = reader.allowance();
    if (allowance <= 0) {
      assert channel.readers.first() != reader : "nothing is wanted, and nothing was cancelled";
      return 0;
    }
    Block block = engine.landing.current();
    if (block == null) {
      engine.starve(channel);
      return 0;
    }
    int position = engine.landing.position();
    int space = Math.min(block.capacity - position, allowance);
    boolean isTwofold = channel.bulk && budget > 1 && allowance > space;
    Block second = isTwofold ? engine.landing.spare() : null;
    int beyond = second == null ? 0 : Math.min(second.capacity, allowance - space);
    int length =
        second == null
            ? engine.receive(channel, block.address + position, space)
            : engine.receive(channel, block.address + position, space, second.address, beyond);
    if (length <= 0) {
      return nothing(channel, reader, length);
    }
    int offered = space + beyond;
    drained(channel, length < offered);
    channel.bulk = length >= BULK_BYTES && (channel.bulk || length == offered);
    reading.used(length);
    return deliver(reader, block, second, position, space, length);
  }

  /**
   * A short read has emptied the socket, and whatever comes now makes a new edge. That holds unless
   * it has stopped where the kernel keeps two messages apart, or at the mark of urgent data: then
   * only a read that finds nothing says that nothing is left.
   */
  private void drained(Channel channel, boolean isShort) {
    if (isShort && !channel.ending && !channel.hasMarks && !engine.stoppedAtBoundary) {
      channel.readable = false;
      engine.awaitReadable(channel);
    }
  }

  private int deliver(
      Receive reader, Block block, @Nullable Block second, int position, int space, int length) {
    int first = Math.min(length, space);
    int rest = length - first;
    engine.landing.lend(block, first);
    if (rest > 0 && second != null) {
      engine.landing.advance();
      engine.landing.lend(second, rest);
    }
    engine.counters.completions++;
    if (rest == 0 || second == null) {
      reader.received(block, position, first);
      return 1;
    }
    try {
      reader.received(block, position, first);
    } finally {
      // Taken from the kernel already, so it is delivered whatever the callback did: the operation
      // can't be idle before its terminal callback.
      engine.counters.completions++;
      reader.received(second, 0, rest);
    }
    return 2;
  }
}
