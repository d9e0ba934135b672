package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.sim.engine.Pieces;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.Uring;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Makes a request of each entry: reads what the entry points to, at this moment and never again,
 * and spoils it for those who think that it is still needed.
 */
final class Issuer {
  private static final byte POISON = (byte) 0xEE;

  private final KernelRing ring;
  private final FileEntries files;

  Issuer(KernelRing ring) {
    this.ring = ring;
    this.files = new FileEntries(ring);
  }

  /** 0, or why there is no request. */
  int issue(Entry entry) {
    KernelVersion version = ring.kernel.version;
    int operation = entry.operation();
    if (!version.knowsOperation(operation)
        || !version.knowsEntryFlags(entry.flags())
        || !version.knowsPriority(operation, entry.priority())) {
      return Errno.EINVAL.negated();
    }
    if (operation == Uring.OP_ASYNC_CANCEL) {
      return cancel(entry);
    }
    OpenFile file = ring.kernel.file(entry.descriptor());
    if (operation == Uring.OP_POLL_ADD) {
      return poll(entry, file);
    }
    if (file instanceof SocketFile socket) {
      return issue(entry, socket);
    }
    if (isOfSockets(operation)) {
      boolean isOpen = file != null || ring.kernel.isFile(entry.descriptor());
      return (isOpen ? Errno.ENOTSOCK : Errno.EBADF).negated();
    }
    return work(entry);
  }

  private static boolean isOfSockets(int operation) {
    return switch (operation) {
      case Uring.OP_RECV,
          Uring.OP_RECVMSG,
          Uring.OP_SEND,
          Uring.OP_SENDMSG,
          Uring.OP_ACCEPT,
          Uring.OP_CONNECT ->
          true;
      default -> false;
    };
  }

  private int issue(Entry entry, SocketFile file) {
    if (file.socket.isPipe() && isOfSockets(entry.operation())) {
      return Errno.ENOTSOCK.negated();
    }
    return switch (entry.operation()) {
      case Uring.OP_RECV -> receive(entry, file);
      case Uring.OP_RECVMSG -> receiveFrom(entry, file);
      case Uring.OP_SEND -> send(entry, file);
      case Uring.OP_SENDMSG -> sendMessage(entry, file);
      case Uring.OP_ACCEPT -> begin(new Requests.Accept(ring, entry, file), false);
      case Uring.OP_CONNECT -> connect(entry, file);
      case Uring.OP_READ -> begin(new Requests.Read(ring, entry, file), false);
      case Uring.OP_WRITE -> {
        Pieces pieces = Pieces.of(entry.address(), entry.length());
        yield begin(new Requests.Send(ring, entry, file, pieces, 0), false);
      }
      case Uring.OP_CLOSE -> work(entry);
      default -> Errno.EINVAL.negated();
    };
  }

  private static int begin(Request request, boolean isPollFirst) {
    request.begin(isPollFirst);
    return 0;
  }

  private static boolean isPollFirst(Entry entry) {
    return (entry.priority() & Uring.RECVSEND_POLL_FIRST) != 0;
  }

  private int cancel(Entry entry) {
    if (entry.operationFlags() != 0 && !ring.kernel.version.knowsCancelFlags()) {
      return Errno.EINVAL.negated();
    }
    int result = ring.cancel(entry);
    if (result >= 0 && !entry.skipsSuccess()) {
      ring.post(entry, result, 0);
    }
    return Math.min(result, 0);
  }

  private int poll(Entry entry, @Nullable OpenFile file) {
    boolean isMulti = (entry.length() & Uring.POLL_ADD_MULTI) != 0;
    if (isMulti && !ring.kernel.version.knowsMultishotPolls()) {
      return Errno.EINVAL.negated();
    }
    return file == null
        ? Errno.EBADF.negated()
        : begin(new Requests.Polling(ring, entry, file), false);
  }

  private int receive(Entry entry, SocketFile file) {
    boolean isMulti = (entry.priority() & Uring.RECV_MULTISHOT) != 0;
    boolean selects = (entry.flags() & Uring.SQE_BUFFER_SELECT) != 0;
    if (isMulti != selects) {
      return Errno.EINVAL.negated(); // as far as it is played
    }
    Request request =
        isMulti ? new Requests.Receive(ring, entry, file) : new Requests.Read(ring, entry, file);
    return begin(request, isPollFirst(entry));
  }

  private int receiveFrom(Entry entry, SocketFile file) {
    if (!file.socket.isDatagram() || (entry.priority() & Uring.RECV_MULTISHOT) == 0) {
      return Errno.EINVAL.negated();
    }
    return begin(new Requests.ReceiveFrom(ring, entry, file), isPollFirst(entry));
  }

  private int send(Entry entry, SocketFile file) {
    Pieces pieces = Pieces.of(entry.address(), entry.length());
    return send(entry, file, null, pieces);
  }

  private int sendMessage(Entry entry, SocketFile file) {
    long message = entry.address();
    long name = Memory.getLong(message);
    int nameBytes = LinuxSockets.messageNameBytes(message);
    long vector = Memory.getLong(message + 16);
    int count = (int) Memory.getLong(message + 24);
    Pieces pieces = Pieces.ofVector(vector, count);
    SocketAddress target = Requests.name(name, nameBytes);
    Memory.fill(vector, (long) count * 16, POISON);
    Memory.fill(message, LinuxSockets.MESSAGE_BYTES, POISON);
    if (name != 0) {
      Memory.fill(name, nameBytes, POISON);
    }
    return send(entry, file, target, pieces);
  }

  private int send(Entry entry, SocketFile file, @Nullable SocketAddress target, Pieces pieces) {
    Request request =
        file.socket.isDatagram()
            ? new Requests.SendTo(ring, entry, file, target, pieces)
            : new Requests.Send(ring, entry, file, pieces, entry.operationFlags());
    return begin(request, isPollFirst(entry));
  }

  private int connect(Entry entry, SocketFile file) {
    int nameBytes = (int) entry.offset();
    SocketAddress target = Requests.name(entry.address(), nameBytes);
    Memory.fill(entry.address(), nameBytes, POISON);
    return target == null
        ? Errno.EINVAL.negated()
        : begin(new Requests.Connect(ring, entry, file, target), false);
  }

  /** Calls on files, which a thread of the kernel makes. */
  private int work(Entry entry) {
    Pieces lent =
        switch (entry.operation()) {
          case Uring.OP_WRITE -> Pieces.of(entry.address(), entry.length());
          case Uring.OP_WRITEV -> Pieces.ofVector(entry.address(), entry.length());
          default -> Pieces.of(0, 0);
        };
    return begin(new Requests.Work(ring, entry, files.call(entry), lent), false);
  }
}
