package gyre.engine.readiness;

import gyre.engine.Block;
import gyre.engine.ReceiveFrom;
import gyre.sys.Memory;

/** Receives datagrams. */
final class DatagramReads extends Reads<ReceiveFrom> {
  /** Unix sockets allow more than the 64 KiB of the internet. */
  private static final int MAX_DATAGRAM_BYTES = 256 * 1024;

  DatagramReads(ReadinessEngine engine) {
    super(engine);
  }

  @Override
  int transfer(Channel channel, ReceiveFrom reader, int budget) {
    Block block = engine.landing.current();
    if (block == null) {
      engine.starve(channel);
      return 0;
    }
    int position = engine.landing.position();
    int limit = Math.min(reader.maxLengthBytes, MAX_DATAGRAM_BYTES);
    int space = Math.min(block.capacity - position, limit);
    Block huge = limit > space ? engine.landing.huge(limit) : null;
    if (limit > space && huge == null) {
      // Memory is scarce, or in small pieces: how much does this one take?
      int next = engine.nextDatagramBytes(channel);
      if (next < 0) {
        return nothing(channel, reader, next);
      }
      limit = Math.min(limit, next);
      space = Math.min(space, limit);
      huge = limit > space ? engine.landing.huge(limit) : null;
      if (limit > space && huge == null) {
        engine.starveForHuge(channel);
        return 0;
      }
    }
    // What does not fit into the current block lands in the huge one, behind room for the start.
    int length =
        engine.receiveFrom(
            channel,
            block.address + position,
            space,
            huge == null ? 0 : huge.address + space,
            limit - space);
    if (length < 0) {
      return nothing(channel, reader, length);
    }
    engine.counters.completions++;
    if (huge == null || length <= space) {
      engine.landing.lend(block, length);
      reader.received(block, position, length, engine.source, engine.truncated);
    } else {
      Memory.copy(block.address + position, huge.address, space);
      engine.landing.lendHuge();
      reader.received(huge, 0, length, engine.source, engine.truncated);
    }
    return 1;
  }
}
