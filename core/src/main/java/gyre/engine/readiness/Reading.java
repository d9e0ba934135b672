package gyre.engine.readiness;

import gyre.engine.Operation;

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
      ran += engine.reads(reader).transfer(channel, reader, budget - ran);
    }
    return ran;
  }

  /** Of what a visit may transfer. */
  void used(int bytes) {
    bytesLeft -= bytes;
  }
}
