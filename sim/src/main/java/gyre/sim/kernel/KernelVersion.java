package gyre.sim.kernel;

import gyre.sys.Syscall;
import gyre.sys.Uring;

/** Kernels that can be played: what each knows, and so what it refuses. */
public enum KernelVersion {
  V5_1(501),
  V5_10(510),
  V5_19(519),
  V6_1(601),
  V6_12(612),
  NEWEST(699);

  private static final int UNKNOWN = Integer.MAX_VALUE;

  /** Of each operation of io_uring the version that brought it, by number. */
  private static final int[] OPERATIONS = new int[64];

  static {
    java.util.Arrays.fill(OPERATIONS, UNKNOWN);
    since(501, 0, Uring.OP_READV, Uring.OP_WRITEV, Uring.OP_FSYNC, 4, 5, Uring.OP_POLL_ADD, 7);
    since(503, Uring.OP_SENDMSG, Uring.OP_RECVMSG);
    since(505, 11, 12, Uring.OP_ACCEPT, Uring.OP_ASYNC_CANCEL, 15, Uring.OP_CONNECT);
    since(506, Uring.OP_FALLOCATE, Uring.OP_OPENAT, Uring.OP_CLOSE, 20, Uring.OP_STATX);
    since(506, Uring.OP_READ, Uring.OP_WRITE, Uring.OP_SEND, Uring.OP_RECV, Uring.OP_OPENAT2);
    since(511, Uring.OP_RENAMEAT, Uring.OP_UNLINKAT);
    since(515, Uring.OP_MKDIRAT, Uring.OP_SYMLINKAT, Uring.OP_LINKAT);
    since(518, Uring.OP_MSG_RING);
    since(600, Uring.OP_SEND_ZC);
    since(609, Uring.OP_FTRUNCATE);
  }

  private final int number;

  KernelVersion(int number) {
    this.number = number;
  }

  private static void since(int version, int... operations) {
    for (int operation : operations) {
      OPERATIONS[operation] = version;
    }
  }

  boolean knowsOperation(int operation) {
    return operation < OPERATIONS.length && number >= OPERATIONS[operation];
  }

  /** Whether a request may have these bits in its priority field. */
  boolean knowsPriority(int operation, int priority) {
    int known = 0;
    switch (operation) {
      case Uring.OP_ACCEPT -> known |= number >= 519 ? Uring.ACCEPT_MULTISHOT : 0;
      case Uring.OP_RECV, Uring.OP_RECVMSG -> {
        known |= number >= 519 ? Uring.RECVSEND_POLL_FIRST : 0;
        known |= number >= 600 ? Uring.RECV_MULTISHOT : 0;
      }
      case Uring.OP_SEND, Uring.OP_SENDMSG ->
          known |= number >= 519 ? Uring.RECVSEND_POLL_FIRST : 0;
      default -> known = 0;
    }
    return (priority & ~known) == 0;
  }

  /** Flags of io_uring_setup that it does not know. */
  int unknownSetup(int flags) {
    int known = 7; // of old: kinds of polling that no engine here uses
    known |= number >= 505 ? Uring.SETUP_CQSIZE : 0;
    known |= number >= 506 ? Uring.SETUP_CLAMP : 0;
    known |= number >= 518 ? Uring.SETUP_SUBMIT_ALL : 0;
    known |= number >= 519 ? Uring.SETUP_COOP_TASKRUN | Uring.SETUP_TASKRUN_FLAG : 0;
    known |= number >= 600 ? Uring.SETUP_SINGLE_ISSUER : 0;
    known |= number >= 601 ? Uring.SETUP_DEFER_TASKRUN : 0;
    known |= number >= 606 ? Uring.SETUP_NO_SQARRAY : 0;
    return flags & ~known;
  }

  int features() {
    int features = 0;
    features |= number >= 504 ? Uring.FEATURE_SINGLE_MMAP : 0;
    features |= number >= 505 ? Uring.FEATURE_NODROP | Uring.FEATURE_SUBMIT_STABLE : 0;
    features |= number >= 507 ? Uring.FEATURE_FAST_POLL : 0;
    features |= number >= 511 ? Uring.FEATURE_EXT_ARG : 0;
    features |= number >= 517 ? Uring.FEATURE_CQE_SKIP : 0;
    return features;
  }

  boolean knowsRegister(int operation) {
    return number
        >= switch (operation) {
          case Uring.REGISTER_EVENTFD -> 502;
          case Uring.REGISTER_PROBE -> 506;
          case Uring.REGISTER_RING_FDS, Uring.UNREGISTER_RING_FDS -> 518;
          case Uring.REGISTER_PBUF_RING -> 519;
          case Uring.REGISTER_SEND_MSG_RING -> 613;
          default -> UNKNOWN;
        };
  }

  boolean knowsEntryFlags(int flags) {
    int known = 0x1F;
    known |= number >= 507 ? Uring.SQE_BUFFER_SELECT : 0;
    known |= number >= 517 ? Uring.SQE_CQE_SKIP_SUCCESS : 0;
    return (flags & ~known) == 0;
  }

  boolean knowsIncrementalBuffers() {
    return number >= 612;
  }

  boolean knowsMultishotPolls() {
    return number >= 513;
  }

  boolean knowsCancelFlags() {
    return number >= 519;
  }

  boolean knowsCall(int call) {
    return call != Syscall.EPOLL_PWAIT2 || number >= 511;
  }
}
