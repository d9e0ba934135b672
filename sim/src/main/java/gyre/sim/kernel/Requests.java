package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.sim.engine.Datagram;
import gyre.sim.engine.Pieces;
import gyre.sim.engine.SentSum;
import gyre.sim.engine.SimSocket;
import gyre.sim.fault.Fault;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.RawAddress;
import gyre.sys.Uring;
import java.net.SocketAddress;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** What the operations of a ring do. */
final class Requests {
  private static final int EAGAIN = Errno.EAGAIN.negated();
  private static final int ENOBUFS = Errno.ENOBUFS.negated();

  /** So many times in a row a request that repeats is served before others have their turn. */
  private static final int BURST = 32;

  private static final int CQE_SOCKET_NON_EMPTY = 1 << 2;

  private Requests() {}

  /** Receives from a stream into buffers that the kernel chooses. */
  static final class Receive extends Request {
    private final SimSocket socket;

    Receive(KernelRing ring, Entry entry, SocketFile file) {
      super(ring, entry, file);
      this.socket = file.socket;
    }

    @Override
    void attempt() {
      for (int i = 0; i < BURST; i++) {
        BufferGroup group = ring.group(entry.group());
        if (group == null || group.isEmpty()) {
          end(ENOBUFS);
          return;
        }
        group.check(Math.min(group.space(), socket.readableBytes()));
        int count = socket.receiveNow(group.address(), group.space(), false);
        if (count == EAGAIN) {
          return;
        }
        if (count <= 0) {
          end(count);
          return;
        }
        int flags = group.use(count);
        flags |= (socket.levels() & Poll.READABLE) != 0 ? CQE_SOCKET_NON_EMPTY : 0;
        if (ring.kernel.strikes(Fault.LAST_SHOT, entry)) {
          end(count, flags);
          return;
        }
        if (!post(count, flags)) {
          return;
        }
      }
      woken(); // the others have their turn
    }
  }

  /** Receives datagrams, each into a buffer of its own, behind a header and its sender's name. */
  static final class ReceiveFrom extends Request {
    private final SimSocket socket;
    private final int nameBytes;

    ReceiveFrom(KernelRing ring, Entry entry, SocketFile file) {
      super(ring, entry, file);
      this.socket = file.socket;
      this.nameBytes = Memory.getInt(entry.address() + 8);
    }

    @Override
    void attempt() {
      for (int i = 0; i < BURST; i++) {
        BufferGroup group = ring.group(entry.group());
        if (group == null || group.isEmpty()) {
          end(ENOBUFS);
          return;
        }
        Datagram next = socket.peekDatagram();
        if (next == null) {
          int failure = socket.takeError();
          if (failure != 0) {
            end(failure);
          }
          return;
        }
        socket.dropDatagram();
        int count = write(group, next);
        int flags = group.use(count);
        if (ring.kernel.strikes(Fault.LAST_SHOT, entry)) {
          end(count, flags);
          return;
        }
        if (!post(count, flags)) {
          return;
        }
      }
      woken();
    }

    private int write(BufferGroup group, Datagram datagram) {
      int headBytes = Uring.RECEIVED_HEADER_BYTES + nameBytes;
      int length = Math.min(datagram.bytes().length, group.space() - headBytes);
      group.check(headBytes + length);
      long at = group.address();
      long name = at + Uring.RECEIVED_HEADER_BYTES;
      Memory.fill(at, headBytes, (byte) 0);
      SocketAddress source = datagram.source();
      int named = source == null ? 0 : SocketCalls.encode(source, socket.family(), name);
      Memory.putInt(at + Uring.RECEIVED_NAME_LENGTH, Math.max(0, named));
      Memory.putInt(at + 8, datagram.bytes().length);
      boolean isCut = length < datagram.bytes().length;
      Memory.putInt(at + Uring.RECEIVED_FLAGS, isCut ? LinuxSockets.MSG_TRUNC : 0);
      Memory.copy(datagram.bytes(), 0, at + headBytes, length);
      return headBytes + length;
    }
  }

  /** Sends on a stream or writes to a pipe, from memory that is lent until the completion. */
  static final class Send extends Request {
    private final SimSocket socket;
    private final Pieces pieces;
    private final SentSum lent = new SentSum();
    private final boolean isImmediate;

    Send(KernelRing ring, Entry entry, SocketFile file, Pieces pieces, int messageFlags) {
      super(ring, entry, file);
      this.socket = file.socket;
      this.pieces = pieces;
      this.isImmediate = (messageFlags & LinuxSockets.MSG_DONTWAIT) != 0;
      lent.lend(pieces);
    }

    @Override
    boolean mayBeLate() {
      return !isImmediate;
    }

    @Override
    void attempt() {
      if (!isImmediate && ring.kernel.strikes(Fault.FULL_BUFFER, entry)) {
        end(EAGAIN);
        return;
      }
      int count = socket.sendNow(pieces);
      if (count == EAGAIN && !isImmediate) {
        return;
      }
      if (count >= 0 && count < pieces.bytes()) {
        endTold(count); // all was wanted, so this is told also where success is not
      } else if (count >= 0 && !isImmediate && ring.kernel.strikes(Fault.LATE_COMPLETION, entry)) {
        endLate(count);
      } else {
        end(count);
      }
    }

    @Override
    void ended() {
      lent.check(entry);
    }
  }

  /** Sends a datagram. */
  static final class SendTo extends Request {
    private final SimSocket socket;
    private final @Nullable SocketAddress target;
    private final byte[] bytes;

    SendTo(
        KernelRing ring, Entry entry, SocketFile file, @Nullable SocketAddress to, Pieces pieces) {
      super(ring, entry, file);
      this.socket = file.socket;
      this.target = to;
      this.bytes = pieces.copy();
    }

    /** They leave in order, so only the completion may be. */
    @Override
    boolean mayBeLate() {
      return false;
    }

    @Override
    void attempt() {
      int count = socket.sendDatagramNow(target, bytes);
      if (ring.kernel.strikes(Fault.LATE_COMPLETION, entry)) {
        endLate(count);
      } else {
        end(count);
      }
    }
  }

  /** Accepts connections. */
  static final class Accept extends Request {
    private final SimSocket socket;

    Accept(KernelRing ring, Entry entry, SocketFile file) {
      super(ring, entry, file);
      this.socket = file.socket;
    }

    @Override
    void attempt() {
      for (int i = 0; i < BURST; i++) {
        int connection = socket.acceptNow();
        if (connection == EAGAIN) {
          return;
        }
        if (connection < 0 || ring.kernel.strikes(Fault.LAST_SHOT, entry)) {
          end(connection);
          return;
        }
        if (!post(connection, 0)) {
          return;
        }
      }
      woken();
    }
  }

  /** Connects. */
  static final class Connect extends Request {
    private final SimSocket socket;
    private final SocketAddress target;

    Connect(KernelRing ring, Entry entry, SocketFile file, SocketAddress target) {
      super(ring, entry, file);
      this.socket = file.socket;
      this.target = target;
    }

    @Override
    void attempt() {
      int result = socket.connectNow(target);
      if (result == Errno.EISCONN.negated()) {
        end(0);
      } else if (result != Errno.EINPROGRESS.negated() && result != Errno.EALREADY.negated()) {
        end(result);
      }
    }
  }

  /** Waits for readiness: once, or each time. */
  static final class Polling extends Request {
    private final int events;
    private final boolean isMulti;

    Polling(KernelRing ring, Entry entry, OpenFile file) {
      super(ring, entry, file);
      this.events = entry.operationFlags() | Poll.ERROR | Poll.HANG_UP;
      this.isMulti = (entry.length() & Uring.POLL_ADD_MULTI) != 0;
    }

    @Override
    public boolean wants(int happened) {
      return (happened & events) != 0;
    }

    @Override
    void attempt() {
      OpenFile of = file;
      int there = of == null ? 0 : of.levels() & events;
      if (there == 0) {
        return;
      }
      if (!isMulti || ring.kernel.strikes(Fault.LAST_SHOT, entry)) {
        end(there);
        return;
      }
      boolean ignored = post(there, 0);
    }
  }

  /** Reads from a pipe. */
  static final class Read extends Request {
    private final SimSocket socket;

    Read(KernelRing ring, Entry entry, SocketFile file) {
      super(ring, entry, file);
      this.socket = file.socket;
    }

    @Override
    void attempt() {
      int count = socket.receiveNow(entry.address(), entry.length(), false);
      if (count != EAGAIN) {
        end(count);
      }
    }
  }

  /** A completion that somebody else has sent to a ring. */
  static final class Message extends Request {
    private final int result;

    Message(KernelRing ring, Entry entry, int result) {
      super(ring, entry, null);
      this.result = result;
    }

    @Override
    void attempt() {
      end(result);
    }
  }

  /** A call that a thread of the kernel makes, after a while. */
  static final class Work extends Request {
    private final IntSupplier call;
    private final SentSum lent = new SentSum();
    private boolean isDue;

    /**
     * @param written what the call reads from memory, which is lent until the completion
     */
    Work(KernelRing ring, Entry entry, IntSupplier call, Pieces written) {
      super(ring, entry, null);
      this.call = call;
      lent.lend(written);
    }

    @Override
    void ended() {
      lent.check(entry);
    }

    @Override
    void attempt() {
      if (isDue) {
        end(ring.kernel.isGone() ? Errno.EIO.negated() : call.getAsInt());
        return;
      }
      isDue = true;
      ring.kernel.later(1 + ring.kernel.chance.below(LONGEST_WORK_NANOS), this::woken);
    }
  }

  private static final int LONGEST_WORK_NANOS = 200_000;

  /** The name that a message header or an entry points to. */
  static @Nullable SocketAddress name(long address, int length) {
    return address == 0 || length == 0 ? null : RawAddress.decode(address, length);
  }
}
