package gyre.sim.engine;

import gyre.engine.Block;
import gyre.engine.Operation;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** What an operation is told; pooled by its engine. */
final class Completion {
  enum Kind {
    ACCEPTED,
    RECEIVED,
    RECEIVED_FROM,
    READY,
    /** The last one of its operation. */
    TERMINAL
  }

  @Nullable Operation operation;
  Kind kind = Kind.TERMINAL;

  /** Result, events or descriptor. */
  int result;

  @Nullable Block block;
  int offset;
  int length;
  @Nullable SocketAddress source;
  boolean truncated;

  /** What a send has lent until now. */
  @Nullable SentSum lent;
}
