package gyre.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What a process may ask of the kernel about itself; rare calls, which may allocate. */
public final class LinuxProcess {
  public static final int RLIMIT_NOFILE = 7;

  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int SECCOMP_SET_MODE_FILTER = 1;
  private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
  private static final int SECCOMP_RET_ERRNO = 0x00050000;
  private static final int SECCOMP_RET_ALLOW = 0x7fff0000;
  private static final short BPF_LOAD_WORD_ABSOLUTE = 0x20;
  private static final short BPF_JUMP_EQUAL = 0x15;
  private static final short BPF_RETURN = 0x06;

  private LinuxProcess() {}

  /** The system's number of the calling thread; of a virtual one that of its carrier. */
  public static int threadId(CallState state) {
    return (int) Syscall.call(state, Syscall.GETTID, 0, 0, 0, 0, 0, 0);
  }

  /** Lowers or raises the soft and the hard limit of a resource. */
  public static int limit(CallState state, int resource, long value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(16, 8);
      Memory.putLong(limit.address(), value);
      Memory.putLong(limit.address() + 8, value);
      return Syscall.call(state, Syscall.PRLIMIT64, 0, resource, limit.address(), 0);
    }
  }

  /**
   * Makes system calls fail with an errno from now on, in all threads of this process, as sandboxes
   * do. There is no way back.
   */
  public static int forbid(CallState state, int errno, int... systemCalls) {
    try (Arena arena = Arena.ofConfined()) {
      int instructions = systemCalls.length + 3;
      MemorySegment filter = arena.allocate(8L * instructions, 8);
      long at = instruction(filter.address(), BPF_LOAD_WORD_ABSOLUTE, 0, 0);
      for (int i = 0; i < systemCalls.length; i++) {
        at = instruction(at, BPF_JUMP_EQUAL, systemCalls.length - i, systemCalls[i]);
      }
      at = instruction(at, BPF_RETURN, 0, SECCOMP_RET_ALLOW);
      instruction(at, BPF_RETURN, 0, SECCOMP_RET_ERRNO | errno);
      MemorySegment program = arena.allocate(16, 8);
      Memory.putShort(program.address(), (short) instructions);
      Memory.putLong(program.address() + 8, filter.address());

      int allowed = Syscall.call(state, Syscall.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      return allowed < 0
          ? allowed
          : Syscall.call(
              state,
              Syscall.SECCOMP,
              SECCOMP_SET_MODE_FILTER,
              SECCOMP_FILTER_FLAG_TSYNC,
              program.address());
    }
  }

  /** {@code struct sock_filter}: code, jump if true, jump if false, constant. */
  private static long instruction(long address, short code, int jumpIfTrue, int constant) {
    Memory.putShort(address, code);
    Memory.putByte(address + 2, (byte) jumpIfTrue);
    Memory.putByte(address + 3, (byte) 0);
    Memory.putInt(address + 4, constant);
    return address + 8;
  }
}
