package gyre.engine.readiness;

import gyre.engine.Accept;
import gyre.engine.Block;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Receive;
import gyre.engine.ReceiveFrom;
import gyre.sys.Memory;
import org.jspecify.annotations.Nullable;

/**
 * One visit to a readable channel: transfers and their callbacks, until it would block, the budget
 * is used up or nobody wants more.
 *
 * <p>A callback may cancel its operation, submit it again or close the channel. So each transfer
 * looks at the channel anew, and nothing is kept across a callback.
 */
final class Reading {
  /** Transfers per visit, for datagrams and connections. */
  private static final int VISIT_TRANSFERS = 32;

  /** Bytes per visit, for streams. */
  private static final int VISIT_BYTES = 64 * 1024;

  /** A stream that receives less than this at a time is not a bulk transfer any more. */
  private static final int BULK_BYTES = 4096;

  /** Unix sockets allow more than the 64 KiB of the internet. */
  private static final int MAX_DATAGRAM_BYTES = 256 * 1024;

  private final ReadinessEngine engine;
  private int bytesLeft;

  Reading(ReadinessEngine engine) {
    this.engine = engine;
  }

  /** The number of callbacks that ran. */
  int read(Channel channel, int budget) {
    bytesLeft = VISIT_BYTES;
    int ran = 0;
    int transfers = 0;
    while (ran < budget
        && transfers++ < VISIT_TRANSFERS
        && bytesLeft > 0
        && channel.readable
        && !channel.closed
        && !channel.starved) {
      Operation reader = channel.readers.first();
      if (reader == null) {
        break;
      }
      ran += transfer(channel, reader, budget - ran);
    }
    return ran;
  }

  private int transfer(Channel channel, Operation reader, int budget) {
    if (reader instanceof Receive receive) {
      return receive(channel, receive, budget);
    }
    if (reader instanceof Accept accept) {
      return accept(channel, accept);
    }
    return receiveFrom(channel, (ReceiveFrom) reader);
  }

  private int receive(Channel channel, Receive reader, int budget) {
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
    bytesLeft -= length;
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

  /** End of stream, an error, or nothing there after all. */
  private int nothing(Channel channel, Operation reader, int result) {
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

  private int accept(Channel channel, Accept reader) {
    int connection = engine.accept(channel);
    if (connection >= 0) {
      engine.counters.completions++;
      reader.accepted(connection);
      return 1;
    }
    if (isLostConnection(-connection)) {
      return 0;
    }
    return nothing(channel, reader, connection);
  }

  /** What befell one connection while it waited in the backlog says nothing about the others. */
  private static boolean isLostConnection(int errno) {
    return errno == Errno.ECONNABORTED.number()
        || errno == Errno.EPROTO.number()
        || errno == Errno.ENETDOWN.number()
        || errno == Errno.ENETUNREACH.number()
        || errno == Errno.EHOSTDOWN.number()
        || errno == Errno.EHOSTUNREACH.number();
  }

  private int receiveFrom(Channel channel, ReceiveFrom reader) {
    Block block = engine.landing.current();
    if (block == null) {
      engine.starve(channel);
      return 0;
    }
    int position = engine.landing.position();
    int limit = Math.min(reader.maxLengthBytes, MAX_DATAGRAM_BYTES);
    int space = Math.min(block.capacity - position, limit);
    int beyond = limit - space;
    Block huge = beyond > 0 ? engine.landing.huge(limit) : null;
    if (beyond > 0 && huge == null) {
      engine.starve(channel);
      return 0;
    }
    // What does not fit into the current block lands in the huge one, behind room for the start.
    int length =
        engine.receiveFrom(
            channel,
            block.address + position,
            space,
            huge == null ? 0 : huge.address + space,
            beyond);
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
