package gyre.sim.engine;

import org.jspecify.annotations.Nullable;

/**
 * Everything that happens in a world, folded into one number as it happens. Two runs that end with
 * the same number went the same way.
 *
 * <p>Costs no memory. Who wants to read it sets a {@link Listener} and runs the seed again.
 */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
public final class Trace {
  /** What happens. The numbers {@code a} and {@code b} are said for each. */
  public enum Kind {
    /** A loop's turn; b: hash of its counters. */
    TURN,
    /** a: kind of operation, b: descriptor. */
    SUBMIT,
    /** a: kind of operation, b: descriptor. */
    CANCEL,
    /** a: descriptor, b: result or bytes or new descriptor. */
    COMPLETE,
    /** Bytes reach the other end. a: port or descriptor, b: bytes. */
    ARRIVE,
    /** Bytes are taken by a kernel. a: descriptor, b: bytes. */
    TAKE,
    /** A socket call. a: ordinal of the call, b: result. */
    CALL,
    /** A handshake goes on. a: port, b: step. */
    HANDSHAKE,
    /** A connection ends. a: port, b: 0 by an orderly end, 1 by a reset. */
    END,
    /** A datagram travels. a: port, b: bytes. */
    DATAGRAM,
    /** A fault strikes. a: its number, b: ordinal of its kind. */
    FAULT,
    /** A fiber is chosen. a: which, b: of how many. */
    PICK,
    /** Offloaded work. a: its number, b: 0 handed over, 1 run. */
    OFFLOAD,
    /** What the script of the world does to a host or link. */
    SCRIPT,
    /** The run has failed; what follows is how the world is taken down. */
    FAILURE,
    /** A loop tells its failure listener of what no fiber waited for. */
    REPORT,
    /** A played kernel takes an entry of a ring. a: operation, b: descriptor. */
    ENTRY,
    /** A played kernel answers an entry. a: result, b: flags. */
    ANSWER
  }

  /** Is told of each event. {@code what} is the operation, address or script step, if there is. */
  public interface Listener {
    void happened(long nanos, Kind kind, String who, long a, long b, @Nullable Object what);
  }

  private final @Nullable Listener listener;
  private long hash;
  private long events;

  public Trace(@Nullable Listener listener) {
    this.listener = listener;
  }

  void event(long nanos, Kind kind, Subject who, long a, long b, @Nullable Object what) {
    events++;
    long folded = hash ^ nanos;
    folded = (folded ^ (folded >>> 32)) * 0x9E3779B97F4A7C15L + kind.ordinal() + 1;
    folded = (folded ^ (folded >>> 29) ^ who.number()) * 0xBF58476D1CE4E5B9L + a;
    hash = (folded ^ (folded >>> 31)) * 0x94D049BB133111EBL + b;
    if (listener != null) {
      listener.happened(nanos, kind, who.label(), a, b, what);
    }
  }

  public long hash() {
    return hash;
  }

  /** How many there were. */
  public long events() {
    return events;
  }
}
