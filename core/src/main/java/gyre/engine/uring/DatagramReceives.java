package gyre.engine.uring;

import gyre.engine.Block;
import gyre.engine.EngineCounters;
import gyre.engine.ReceiveFrom;
import gyre.engine.kernel.AddressCache;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.Uring;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Receives datagrams, one multishot request per socket.
 *
 * <p>The kernel writes a header, the source address and then the datagram into one buffer. It has
 * to be a buffer of its own: the rest of a shared one could be too short and the datagram be cut.
 */
final class DatagramReceives extends BufferedReceives {
  static final int MAX_DATAGRAM_BYTES = 64 * 1024;

  /** Room for any address, such that the payload is aligned. */
  private static final int NAME_BYTES = 112;

  private static final int PAYLOAD_OFFSET = Uring.RECEIVED_HEADER_BYTES + NAME_BYTES;
  static final int BUFFER_BYTES = PAYLOAD_OFFSET + MAX_DATAGRAM_BYTES;

  private final Submitter submitter;
  private final AddressCache addresses = new AddressCache();

  /** The {@code struct msghdr} of every request: it says only how much room the address gets. */
  private final long message;

  /**
   * @param message memory for {@link LinuxSockets#MESSAGE_BYTES} that is the engine's for good
   */
  DatagramReceives(
      Submitter submitter,
      CompletionQueue completions,
      SlotTable slots,
      BufferRing buffers,
      EngineCounters counters,
      long message) {
    super(completions, slots, buffers, counters);
    this.submitter = submitter;
    this.message = message;
    LinuxSockets.putMessage(message, 0, NAME_BYTES, 0, 0);
  }

  void start(ReceiveFrom receive) {
    Slot slot = slots.take(receive, Kind.RECEIVE_FROM);
    slot.value = 0;
    arm(slot);
  }

  @Override
  void arm(Slot slot) {
    submitter.emit(
        SubmissionQueue.control(
            Uring.OP_RECVMSG,
            Uring.SQE_BUFFER_SELECT,
            Uring.RECV_MULTISHOT,
            slot.operation().descriptor),
        0,
        message,
        1,
        slot.userData,
        buffers.group());
  }

  void complete(long userData, int result, int flags) {
    Slot slot = slots.find(userData);
    if (slot == null) {
      drop(result, flags);
    } else if (result >= PAYLOAD_OFFSET) {
      Block block = buffers.take(flags, result);
      slot.value = 1;
      try {
        deliver((ReceiveFrom) slot.operation(), block, buffers.takenOffset(), result);
      } finally {
        if ((flags & Uring.CQE_MORE) == 0) {
          rearm(slot);
        }
      }
    } else {
      drop(result, flags);
      completeEmpty(slot, result);
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

  @Override
  void finish(Slot slot, int result) {
    ((ReceiveFrom) slots.free(slot)).stopped(result);
  }
}
