package gyre.engine.uring;

/** Kinds of requests, as {@code user_data} carries them; 0 to 15. */
final class Kind {
  /** A cancellation; the rest is that of its target. */
  static final int CANCEL = 0;

  static final int RECEIVE = 1;
  static final int QUIET_SEND = 2;
  static final int SEND = 3;
  static final int ACCEPT = 5;
  static final int CONNECT = 6;
  static final int POLL = 7;
  static final int RECEIVE_FROM = 8;
  static final int SEND_TO = 9;

  /** Readiness of a stream that is received from without lent buffers. */
  static final int SPARSE = 10;

  /** A message to this ring: somebody wants the loop to go round. */
  static final int WAKE = 11;

  /** A request of the engine's own whose end says nothing. */
  static final int UNHEARD = 12;

  /** The event counter that stands in where messages are not to be had. */
  static final int SIGNAL = 13;

  private Kind() {}

  /** Whether a completion belongs to an operation. */
  static boolean hasSlot(long userData) {
    int kind = SlotTable.kind(userData);
    return kind >= RECEIVE && kind <= SPARSE;
  }
}
