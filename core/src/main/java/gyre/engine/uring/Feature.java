package gyre.engine.uring;

import gyre.sys.Uring;

/**
 * What the engine uses where the kernel has it and does without where not. Constants that are flags
 * of {@code io_uring_setup} stand in the order in which they are given up: the youngest first.
 */
public enum Feature {
  /** 6.6: no indirection between ring and entries. */
  NO_SQARRAY(Uring.SETUP_NO_SQARRAY),
  /** 6.1: completions are made when the loop asks for them and not in the middle of its work. */
  DEFER_TASKRUN(Uring.SETUP_DEFER_TASKRUN),
  /** 6.0: the kernel may rely on one thread submitting. */
  SINGLE_ISSUER(Uring.SETUP_SINGLE_ISSUER),
  /** 5.19: a bit in shared memory tells whether asking for completions is worth a system call. */
  TASKRUN_FLAG(Uring.SETUP_TASKRUN_FLAG),
  /** 5.19: completions interrupt nobody. */
  COOP_TASKRUN(Uring.SETUP_COOP_TASKRUN),
  /** 5.18: a bad entry does not hold up those behind it. */
  SUBMIT_ALL(Uring.SETUP_SUBMIT_ALL),
  /** 5.5: a completion ring of the size that we choose. */
  CQSIZE(Uring.SETUP_CQSIZE),

  /** 5.18: the ring is known to its thread by number, which saves a look-up per call. */
  REGISTERED_RING(0),
  /** 6.12: one buffer takes many messages. */
  INCREMENTAL_BUFFERS(0),
  /** 5.17: sends that nobody waits for complete without a completion. */
  QUIET_SENDS(0),
  /** 6.13: any thread wakes a loop with a message to its ring. */
  FOREIGN_MESSAGES(0),
  /** 6.9: the size of a file is changed without a helper thread. */
  TRUNCATE(0);

  /** Of {@code io_uring_setup}; 0 where the feature is found out in another way. */
  final int setupFlag;

  Feature(int setupFlag) {
    this.setupFlag = setupFlag;
  }
}
