package gyre.engine.uring;

import gyre.engine.Block;
import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.ReceiveFrom;
import gyre.engine.kernel.AddressCache;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.Uring;
import java.net.SocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Receives datagrams, one multishot request per socket.
 *
 * <p>The kernel writes a header, the source address and then the datagram into one buffer. It has
 * to be a buffer of its own: the rest of a shared one could be too short and the datagram be cut.
 */
final class DatagramReceives extends BufferedReceives<ReceiveFrom> {
  static final int MAX_DATAGRAM_BYTES = 64 * 1024;

  /** Room for any address, such that the payload is aligned. */
  private static final int NAME_BYTES = 112;

  private static final int PAYLOAD_OFFSET = Uring.RECEIVED_HEADER_BYTES + NAME_BYTES;
  static final int BUFFER_BYTES = PAYLOAD_OFFSET + MAX_DATAGRAM_BYTES;

  private final AddressCache addresses = new AddressCache();

  /** The {@code struct msghdr} of every request: it says only how much room the address gets. */
  private final long message;

  /** Makes the buffers when somebody receives for the first time; null if there are none. */
  private final Supplier<@Nullable BufferRing> maker;

  /**
   * @param message memory for {@link LinuxSockets#MESSAGE_BYTES} that is the engine's for good
   */
  DatagramReceives(
      Submitter submitter,
      OperationTable operations,
      CompletionQueue completions,
      EngineCounters counters,
      long message,
      Supplier<@Nullable BufferRing> maker) {
    super(submitter, operations, completions, null, counters);
    this.message = message;
    this.maker = maker;
    LinuxSockets.putMessage(message, 0, NAME_BYTES, 0, 0);
  }

  /**
   * The first one waits for the next {@code await}: registering buffers takes the thread that owns
   * the ring, and who submits may be a fiber with a thread of its own.
   */
  @Override
  void start(ReceiveFrom receive) {
    if (hasBufferRing()) {
      super.start(receive);
    } else {
      operations.take(receive, this);
      submitter.putOff(receive);
    }
  }

  @Override
  void begin(ReceiveFrom receive) {
    if (!hasBufferRing()) {
      BufferRing made = maker.get();
      if (made == null) {
        operations.end(receive, Errno.ENOMEM.negated());
        return;
      }
      useBuffers(made);
      buffers().replenish();
    }
    int ignored =
        submitter.emit(
            SubmissionQueue.control(
                Uring.OP_RECVMSG,
                Uring.SQE_BUFFER_SELECT,
                Uring.RECV_MULTISHOT,
                receive.descriptor),
            0,
            message,
            1,
            receive.tag,
            buffers().group());
  }

  @Override
  void complete(ReceiveFrom receive, int result, int flags) {
    if (result < PAYLOAD_OFFSET) {
      drop(result, flags);
      completeEmpty(receive, result);
      return;
    }
    BufferRing buffers = buffers();
    Block block = buffers.take(flags, result);
    receive.value = 1;
    try {
      deliver(receive, block, buffers.takenOffset(), result);
    } finally {
      if ((flags & Uring.CQE_MORE) == 0) {
        again(receive);
      }
    }
  }

  private void deliver(ReceiveFrom receive, Block block, int offset, int result) {
    long header = block.address + offset;
    int nameLength = Memory.getInt(header + Uring.RECEIVED_NAME_LENGTH);
    @Nullable SocketAddress source =
        addresses.decode(header + Uring.RECEIVED_HEADER_BYTES, Math.min(nameLength, NAME_BYTES));
    int received = result - PAYLOAD_OFFSET;
    int length = Math.min(received, receive.maxLengthBytes);
    boolean truncated =
        length < received
            || (Memory.getInt(header + Uring.RECEIVED_FLAGS) & LinuxSockets.MSG_TRUNC) != 0;
    receive.received(block, offset + PAYLOAD_OFFSET, length, source, truncated);
  }
}
