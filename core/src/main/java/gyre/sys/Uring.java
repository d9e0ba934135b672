package gyre.sys;

/**
 * Numbers and offsets of {@code linux/io_uring.h}; one name per constant, in the kernel's order.
 */
public final class Uring {
  // Sizes and offsets of a submission queue entry, and of a completion.
  public static final int SQE_BYTES = 64;
  public static final int CQE_BYTES = 16;

  // Operations.
  public static final int OP_READV = 1;
  public static final int OP_WRITEV = 2;
  public static final int OP_FSYNC = 3;
  public static final int OP_POLL_ADD = 6;
  public static final int OP_SENDMSG = 9;
  public static final int OP_RECVMSG = 10;
  public static final int OP_ACCEPT = 13;
  public static final int OP_ASYNC_CANCEL = 14;
  public static final int OP_CONNECT = 16;
  public static final int OP_FALLOCATE = 17;
  public static final int OP_OPENAT = 18;
  public static final int OP_CLOSE = 19;
  public static final int OP_STATX = 21;
  public static final int OP_READ = 22;
  public static final int OP_WRITE = 23;
  public static final int OP_SEND = 26;
  public static final int OP_RECV = 27;
  public static final int OP_OPENAT2 = 28;
  public static final int OP_RENAMEAT = 35;
  public static final int OP_UNLINKAT = 36;
  public static final int OP_MKDIRAT = 37;
  public static final int OP_SYMLINKAT = 38;
  public static final int OP_LINKAT = 39;

  /** In the flags of {@link #OP_FSYNC}: data alone. */
  public static final int FSYNC_DATASYNC = 1;

  public static final int OP_MSG_RING = 40;
  public static final int OP_SEND_ZC = 47;
  public static final int OP_FTRUNCATE = 55;

  // Flags of an entry, in its second byte.
  public static final int SQE_BUFFER_SELECT = 1 << 5;
  public static final int SQE_CQE_SKIP_SUCCESS = 1 << 6;

  // Flags in an entry's ioprio, by operation.
  public static final int RECVSEND_POLL_FIRST = 1;
  public static final int RECV_MULTISHOT = 1 << 1;
  public static final int ACCEPT_MULTISHOT = 1;

  // Flags in an entry's length, by operation.
  public static final int POLL_ADD_MULTI = 1;

  // Flags in an entry's operation flags, by operation.
  public static final int ASYNC_CANCEL_ALL = 1;
  public static final int ASYNC_CANCEL_ANY = 1 << 2;

  // Flags of a completion; the buffer's number is in the upper half.
  public static final int CQE_BUFFER = 1;
  public static final int CQE_MORE = 1 << 1;
  public static final int CQE_BUFFER_MORE = 1 << 4;
  public static final int CQE_BUFFER_SHIFT = 16;

  // Flags of io_uring_setup.
  public static final int SETUP_CQSIZE = 1 << 3;
  public static final int SETUP_CLAMP = 1 << 4;
  public static final int SETUP_SUBMIT_ALL = 1 << 7;
  public static final int SETUP_COOP_TASKRUN = 1 << 8;
  public static final int SETUP_TASKRUN_FLAG = 1 << 9;
  public static final int SETUP_SINGLE_ISSUER = 1 << 12;
  public static final int SETUP_DEFER_TASKRUN = 1 << 13;
  public static final int SETUP_NO_SQARRAY = 1 << 16;

  // What io_uring_setup answers.
  public static final int FEATURE_SINGLE_MMAP = 1;
  public static final int FEATURE_NODROP = 1 << 1;
  public static final int FEATURE_SUBMIT_STABLE = 1 << 2;
  public static final int FEATURE_FAST_POLL = 1 << 5;
  public static final int FEATURE_EXT_ARG = 1 << 8;
  public static final int FEATURE_CQE_SKIP = 1 << 11;

  // struct io_uring_params.
  public static final int PARAMS_BYTES = 120;
  public static final int PARAMS_SQ_ENTRIES = 0;
  public static final int PARAMS_CQ_ENTRIES = 4;
  public static final int PARAMS_FLAGS = 8;
  public static final int PARAMS_FEATURES = 20;
  public static final int PARAMS_SQ_HEAD = 40;
  public static final int PARAMS_SQ_TAIL = 44;
  public static final int PARAMS_SQ_FLAGS = 56;
  public static final int PARAMS_SQ_ARRAY = 64;
  public static final int PARAMS_CQ_HEAD = 80;
  public static final int PARAMS_CQ_TAIL = 84;
  public static final int PARAMS_CQ_OVERFLOW = 96;
  public static final int PARAMS_CQ_CQES = 100;

  // Flags of the submission ring.
  public static final int SQ_CQ_OVERFLOW = 1 << 1;
  public static final int SQ_TASKRUN = 1 << 2;

  // Where to map what.
  public static final long OFFSET_RINGS = 0;
  public static final long OFFSET_SQES = 0x1000_0000L;

  // Flags of io_uring_enter.
  public static final int ENTER_GETEVENTS = 1;
  public static final int ENTER_EXT_ARG = 1 << 3;
  public static final int ENTER_REGISTERED_RING = 1 << 4;

  // struct io_uring_getevents_arg.
  public static final int WAIT_BYTES = 24;
  public static final int WAIT_TIMESPEC = 16;

  // io_uring_register.
  public static final int REGISTER_EVENTFD = 4;
  public static final int REGISTER_PROBE = 8;
  public static final int REGISTER_RING_FDS = 20;
  public static final int UNREGISTER_RING_FDS = 21;
  public static final int REGISTER_PBUF_RING = 22;
  public static final int REGISTER_SEND_MSG_RING = 31;
  public static final int PROBE_HEADER_BYTES = 16;
  public static final int PROBE_OP_BYTES = 8;
  public static final int PROBE_SUPPORTED = 1;

  // struct io_uring_buf, io_uring_buf_ring and io_uring_buf_reg.
  public static final int BUFFER_ENTRY_BYTES = 16;
  public static final int BUFFER_ENTRY_LENGTH = 8;
  public static final int BUFFER_ENTRY_ID = 12;
  public static final int BUFFER_RING_TAIL = 14;
  public static final int BUFFER_REGISTRATION_BYTES = 40;
  public static final int BUFFER_RING_INCREMENTAL = 2;

  // struct io_uring_recvmsg_out.
  public static final int RECEIVED_NAME_LENGTH = 0;
  public static final int RECEIVED_FLAGS = 12;
  public static final int RECEIVED_HEADER_BYTES = 16;

  private Uring() {}
}
