package gyre.net;

import gyre.engine.Block;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.ReceiveFrom;
import gyre.io.ByteQueue;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a datagram socket: what has arrived and is not consumed.
 *
 * <p>The payloads lie one behind the other in one queue of bytes; a ring beside it holds length and
 * source of each. {@code bytes.size()} is the sum of the lengths in the ring, always.
 *
 * <p>Receiving is one long operation. It is paused, by cancelling it, when the limits are reached,
 * and goes on when half of what waited is consumed. Until the cancel takes effect more may arrive:
 * the ring takes twice the limits, and what comes beyond is dropped and counted.
 */
final class DatagramInput extends ReceiveFrom {
  private static final int INITIAL_CAPACITY = 16;

  private final UdpSocket socket;
  private final Engine engine;
  private final MemoryPolicy memory;
  private final int limitDatagrams;
  private final int limitBytes;
  private final ByteQueue bytes;

  /** Ring; the length is a power of two. Of a truncated datagram the complement is kept. */
  private int[] lengths = new int[INITIAL_CAPACITY];

  private @Nullable InetSocketAddress[] sources = new @Nullable InetSocketAddress[INITIAL_CAPACITY];
  private int first;
  private int count;

  /** What the next one who receives is told, once. */
  private int softError;

  /** Receiving is over for good; 0 or -errno. */
  private int failure;

  long received;
  long dropped;
  long truncated;
  long pauses;

  DatagramInput(UdpSocket socket, Engine engine, int descriptor, UdpOptions options) {
    this.socket = socket;
    this.engine = engine;
    this.memory = MemoryPolicy.of(socket.loop());
    this.limitDatagrams = options.receiveLimitDatagrams();
    this.limitBytes = options.receiveLimitBytes();
    this.bytes = new ByteQueue(engine.pool());
    this.descriptor = descriptor;
    this.maxLengthBytes = options.maxDatagramBytes();
  }

  // ---- the consumer's side

  boolean isEmpty() {
    return count == 0;
  }

  int count() {
    return count;
  }

  /** Receives from now on, unless too much waits to be consumed. */
  void start() {
    if (isIdle()
        && failure == 0
        && socket.isOpen()
        && count <= limitDatagrams / 2
        && bytes.size() <= limitBytes / 2) {
      engine.submit(this);
    }
  }

  int firstLength() {
    assert count > 0;
    int length = lengths[first];
    return length < 0 ? ~length : length;
  }

  boolean firstIsTruncated() {
    assert count > 0;
    return lengths[first] < 0;
  }

  InetSocketAddress firstSource() {
    assert count > 0;
    InetSocketAddress source = sources[first];
    assert source != null;
    return source;
  }

  /** The payload of the first one is at the front of this; the consumer takes just that. */
  ByteQueue bytes() {
    return bytes;
  }

  /** The payload of the first one has been taken from {@link #bytes}. */
  void removeFirst() {
    assert count > 0;
    sources[first] = null;
    first = (first + 1) & (lengths.length - 1);
    count--;
    assert count > 0 || bytes.isEmpty();
  }

  /** The error that has come up since this was called last, or that ended receiving; or 0. */
  int takeError() {
    int error = softError;
    softError = 0;
    return error != 0 ? error : failure;
  }

  boolean hasError() {
    return softError != 0 || failure != 0;
  }

  boolean isOver() {
    return failure != 0;
  }

  /** What stays beyond this turn must not hold memory that the engine receives into. */
  void copyPinned() {
    boolean hasRoom = !memory.isTight() || engine.pool().roomBytes() > bytes.size();
    if (!bytes.isEmpty() && hasRoom) { // what is reserved is for streams
      boolean ignored = bytes.copyPinned(); // if there is no memory for it, it stays where it is
    }
  }

  void clear() {
    bytes.clear();
    Arrays.fill(sources, null);
    count = 0;
    first = 0;
  }

  // ---- the engine's side

  @Override
  public void received(
      Block block, int offset, int length, @Nullable SocketAddress source, boolean isCut) {
    if (!socket.isOpen()) {
      block.release();
      return;
    }
    received++;
    if (isCut) {
      truncated++;
    }
    InetSocketAddress from = source instanceof InetSocketAddress inet ? inet : socket.peer();
    if (from == null || isOverflowing()) {
      dropped++;
      block.release();
      return;
    }
    if (length > 0) {
      bytes.append(block, offset, length);
    } else {
      block.release();
    }
    add(isCut ? ~length : length, from);
    if (isFull() && state == State.ACTIVE) {
      pauses++;
      engine.cancel(this);
    }
    socket.arrived();
  }

  @Override
  public void ended(int error) {
    if (!socket.isOpen()) {
      socket.operationEnded();
    } else if (error == Errno.ECANCELED.negated()) {
      start(); // paused, and maybe consumed meanwhile
    } else if (isOfOneDatagram(error)) {
      softError = error;
      start();
      socket.arrived();
    } else {
      failure = error;
      socket.arrived();
    }
  }

  private boolean isFull() {
    int limit = memory.isTight() ? limitBytes / 2 : limitBytes;
    return count >= limitDatagrams || bytes.size() >= limit;
  }

  private boolean isOverflowing() {
    return count >= 2 * limitDatagrams || bytes.size() >= 2L * limitBytes;
  }

  private void add(int length, InetSocketAddress source) {
    if (count == lengths.length) {
      grow();
    }
    int last = (first + count) & (lengths.length - 1);
    lengths[last] = length;
    sources[last] = source;
    count++;
  }

  private void grow() {
    int capacity = lengths.length;
    int[] longer = new int[capacity * 2];
    @Nullable InetSocketAddress[] more = new @Nullable InetSocketAddress[capacity * 2];
    for (int i = 0; i < count; i++) {
      int from = (first + i) & (capacity - 1);
      longer[i] = lengths[from];
      more[i] = sources[from];
    }
    lengths = longer;
    sources = more;
    first = 0;
  }

  /** What the network says of a datagram that was sent before; the socket is as good as ever. */
  private static boolean isOfOneDatagram(int error) {
    return error == Errno.ECONNREFUSED.negated()
        || error == Errno.ECONNRESET.negated()
        || error == Errno.EHOSTUNREACH.negated()
        || error == Errno.EHOSTDOWN.negated()
        || error == Errno.ENETUNREACH.negated()
        || error == Errno.ENETDOWN.negated()
        || error == Errno.EMSGSIZE.negated()
        || error == Errno.ENOPROTOOPT.negated()
        || error == Errno.EPROTO.negated()
        || error == Errno.EOPNOTSUPP.negated()
        || error == Errno.EACCES.negated()
        || error == Errno.ETIMEDOUT.negated();
  }

  @Override
  public String toString() {
    return "receive of " + socket.name();
  }
}
