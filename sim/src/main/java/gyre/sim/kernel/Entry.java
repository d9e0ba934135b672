package gyre.sim.kernel;

import gyre.sys.Memory;
import gyre.sys.Uring;

/** An entry of a submission ring, as it was at the moment in which it was taken. */
record Entry(
    int operation,
    int flags,
    int priority,
    int descriptor,
    long offset,
    long address,
    int length,
    int operationFlags,
    long userData,
    int group) {

  static Entry read(long at) {
    long control = Memory.getLong(at);
    long lengthAndFlags = Memory.getLong(at + 24);
    return new Entry(
        (int) control & 0xFF,
        (int) (control >>> 8) & 0xFF,
        (int) (control >>> 16) & 0xFFFF,
        (int) (control >>> 32),
        Memory.getLong(at + 8),
        Memory.getLong(at + 16),
        (int) lengthAndFlags,
        (int) (lengthAndFlags >>> 32),
        Memory.getLong(at + 32),
        Memory.getShort(at + 40) & 0xFFFF);
  }

  boolean skipsSuccess() {
    return (flags & Uring.SQE_CQE_SKIP_SUCCESS) != 0;
  }

  @Override
  public String toString() {
    return name() + " of descriptor " + descriptor + ", user data " + Long.toHexString(userData);
  }

  private String name() {
    return switch (operation) {
      case Uring.OP_RECV -> "recv";
      case Uring.OP_RECVMSG -> "recvmsg";
      case Uring.OP_SEND -> "send";
      case Uring.OP_SENDMSG -> "sendmsg";
      case Uring.OP_ACCEPT -> "accept";
      case Uring.OP_CONNECT -> "connect";
      case Uring.OP_POLL_ADD -> "poll";
      case Uring.OP_ASYNC_CANCEL -> "cancel";
      case Uring.OP_READ, Uring.OP_READV -> "read";
      case Uring.OP_WRITE, Uring.OP_WRITEV -> "write";
      case Uring.OP_OPENAT, Uring.OP_OPENAT2 -> "open";
      case Uring.OP_CLOSE -> "close";
      case Uring.OP_STATX -> "stat";
      case Uring.OP_FSYNC -> "sync";
      case Uring.OP_FTRUNCATE -> "truncate";
      case Uring.OP_FALLOCATE -> "allocate";
      case Uring.OP_RENAMEAT -> "rename";
      case Uring.OP_LINKAT -> "link";
      case Uring.OP_SYMLINKAT -> "symlink";
      case Uring.OP_UNLINKAT -> "unlink";
      case Uring.OP_MKDIRAT -> "mkdir";
      default -> "operation " + operation;
    };
  }
}
