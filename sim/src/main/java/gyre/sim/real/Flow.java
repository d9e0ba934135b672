package gyre.sim.real;

/**
 * The model of one direction of a connection: what was written, and what has to arrive. Its sender
 * and its receiver may be on two loops.
 */
final class Flow {
  private final Connection connection;
  private final int source;

  private volatile long written;

  /**
   * More than was written while the sender is in the middle of a write, or was thrown out of it.
   */
  private volatile long mayBeWritten;

  private volatile boolean isEndSaid;
  private volatile long received; // written by the receiver's loop alone

  Flow(Connection connection, boolean isBackward) {
    this.connection = connection;
    this.source = Pattern.source(connection.number(), isBackward);
  }

  // ---- the sender

  byte[] next(int ahead, int length) {
    return Pattern.bytes(source, written + ahead, length);
  }

  /** Before a write of so many bytes. */
  void writes(long bytes) {
    mayBeWritten = written + bytes;
  }

  /** So many of them were written. */
  void wrote(long bytes) {
    long all = written + bytes; // written by the sender's loop alone
    written = all;
    mayBeWritten = all;
  }

  /** Before the sender says that nothing more comes, in an orderly way. */
  void endsSoon() {
    isEndSaid = true;
  }

  /** The bytes of a datagram, which begin with its number. */
  byte[] datagram(int index, int length) {
    return Pattern.bytes(source, (long) index * Pattern.DATAGRAM_BYTES, length);
  }

  boolean isAllReceived() {
    return received >= written;
  }

  // ---- the receiver

  /** Which one it is. */
  int receiveDatagram(byte[] bytes, int length) {
    long position = Pattern.position(source, bytes, length);
    int wrong = position < 0 ? 0 : Pattern.mismatch(source, position, bytes, length);
    if (wrong >= 0 || position % Pattern.DATAGRAM_BYTES != 0) {
      throw new AssertionError(
          "a wrong datagram of "
              + length
              + " bytes for "
              + this
              + ": at "
              + wrong
              + " there are "
              + Pattern.identify(bytes, Math.max(0, wrong), length));
    }
    long all = received + length;
    received = all;
    return (int) (position / Pattern.DATAGRAM_BYTES);
  }

  void receive(byte[] bytes, int length) {
    int wrong = Pattern.mismatch(source, received, bytes, length);
    if (wrong >= 0) {
      throw new AssertionError(
          "wrong bytes: at position "
              + (received + wrong)
              + " of "
              + this
              + " there are "
              + Pattern.identify(bytes, wrong, length)
              + " ("
              + (length - wrong)
              + " of them)");
    }
    long all = received + length;
    received = all;
  }

  /** The peer has ended in an orderly way, or so it looks. */
  void receiveEnd() {
    if (connection.mayBreak() && connection.cannotReset()) {
      return;
    }
    if (!isEndSaid) {
      throw new AssertionError(
          "an orderly end that nobody said: " + this + " after " + received + " bytes");
    }
    if (received < written || received > mayBeWritten) {
      throw new AssertionError(
          "an orderly end at the wrong place: "
              + this
              + " after "
              + received
              + " of "
              + written
              + " bytes");
    }
  }

  /** Grows whenever something happens. */
  long moved() {
    return written + received;
  }

  /** Where it stands, for reports. */
  String progress() {
    return this
        + ": "
        + written
        + " bytes written, "
        + received
        + " received"
        + (isEndSaid ? ", end said" : "");
  }

  @Override
  public String toString() {
    return Pattern.name(source);
  }
}
